"""What `readiness demo` shows: a small real service on loopback, the catalogue for it, and the rehearsal with both."""
