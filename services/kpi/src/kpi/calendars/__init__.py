"""Calendars of business time: what is said of opening hours, and what that is on the line of instants."""
