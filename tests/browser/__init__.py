"""The status page in the system's Chromium."""
