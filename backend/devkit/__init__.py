"""The tools behind `./crm`: embedded servers, demo, tests, checks. No part of the product imports it."""
