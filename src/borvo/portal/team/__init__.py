"""Who belongs to a tenancy, what each may do, and how one comes and goes."""
