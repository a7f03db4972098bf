"""What is remembered: feeds, entries, stories and why they belong together. `interfaces` says what a store does."""
