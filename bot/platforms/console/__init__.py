"""The terminal as a platform: one-shot commands, and a chat with numbered buttons."""
