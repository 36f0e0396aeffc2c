"""How often what runs by the clock runs, in seconds; the work itself stands in crm/periodic.py."""

EVERY_S = {
    "phonebridge.reap": 5,
    "phonebridge.forget_processes": 60,
    "phonebridge.sum_days": 60,
    "phonebridge.silence": 60,
    "phonebridge.clean_requests": 3600,
    "phonebridge.clean_telemetry": 86_400,
    "phonebridge.callbacks_expire": 60,
    "phonebridge.callbacks_red": 30,
    "phonebridge.forget_private": 3600,
    "accounts.purge": 3600,
    "companies.tidy": 3600,
    "companies.sweep": 300,
    "companies.sweep_files": 3600,
    "companies.scan_files": 10,
    "jobs.sweep": 10,
    "jobs.purge": 3600,
    "companies.count_words": 86_400,
}
