"""Telegram: customers say STOP here, agents check, admins keep the company's lists. Entry: `bot.runner.serve`."""
