"""Jambox: a real-time instrument. Sing, hum, whistle or play, and a trained violin or cello plays what you played."""
