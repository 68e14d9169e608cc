"""The streaming job: answers the requests of a Pub/Sub subscription, and keeps live games and their results current."""
