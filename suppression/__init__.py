"""The core: knows no Flask, no aiogram, no Twilio."""
