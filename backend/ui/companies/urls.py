from django.urls import path

from ui.companies import acts, card, edit, people, views

urlpatterns = [
    path("companies/", views.show_list, name="company_list"),
    path("companies/new/", edit.new_card, name="company_new"),
    path("companies/duplicates/", edit.show_duplicates, name="company_duplicates"),
    path("companies/<int:pk>/", card.show_card, name="company_detail"),
    path("companies/<int:pk>/live/", card.show_live, name="company_live"),
    path("companies/<int:pk>/facts/", card.show_facts, name="company_facts"),
    path("companies/<int:pk>/people/", card.show_people, name="company_people"),
    path("companies/<int:pk>/history/", card.show_history, name="company_history"),
    path("companies/<int:pk>/edit/", edit.edit_company, name="company_edit"),
    path("companies/<int:pk>/fields/<slug:name>/", edit.edit_field, name="company_field"),
    path("companies/<int:pk>/transfer/", acts.transfer, name="company_transfer"),
    path("companies/<int:pk>/lead/", acts.lead, name="company_lead"),
    path("companies/<int:pk>/cold/", acts.company_cold, name="company_cold"),
    path("companies/<int:pk>/delete/", acts.delete, name="company_delete"),
    path("companies/<int:pk>/contacts/new/", people.new_person, name="contact_new"),
    path("companies/<int:pk>/phones/new/", people.new_company_phone, name="company_phone_new"),
    path("companies/<int:pk>/emails/new/", people.new_company_email, name="company_email_new"),
    path("contacts/<int:pk>/edit/", people.edit_person, name="contact_edit"),
    path("contacts/<int:pk>/delete/", people.delete_person, name="contact_delete"),
    path("contacts/<int:pk>/primary/", people.make_primary, name="contact_primary"),
    path("contacts/<int:pk>/cold/", acts.contact_cold, name="contact_cold"),
    path("contacts/<int:pk>/phones/new/", people.new_contact_phone, name="contact_phone_new"),
    path("contacts/<int:pk>/emails/new/", people.new_contact_email, name="contact_email_new"),
    path("phones/<int:pk>/edit/", people.edit_phone, name="phone_edit"),
    path("phones/<int:pk>/delete/", people.delete_phone, name="phone_delete"),
    path("phones/<int:pk>/cold/", acts.phone_cold, name="phone_cold"),
    path("emails/<int:pk>/edit/", people.edit_email, name="email_edit"),
    path("emails/<int:pk>/delete/", people.delete_email, name="email_delete"),
]
