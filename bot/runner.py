"""The bot's process: one session, one lease, one loop for what people say and one for what admins are reminded of."""

import asyncio
import signal

import structlog
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from bot.core import core
from bot.dispatch import build
from bot.lease import lease
from bot.polling import Poller
from bot.reminder import Reminding
from suppression.errors import SettingsError
from suppression.intent import understand
from suppression.service import Service
from suppression.settings import Settings

log = structlog.get_logger()


def serve(service: Service, settings: Settings) -> None:
    """Runs the bot until SIGTERM or SIGINT. Raises SettingsError without a token."""
    asyncio.run(_until_signal(service, settings))


async def run(service: Service, settings: Settings, stop: asyncio.Event) -> None:
    """Runs the bot until told to stop; the update at hand is finished first. Raises SettingsError without a token."""
    if settings.telegram_token is None:
        raise SettingsError(["TELEGRAM_BOT_TOKEN: not set, and the bot needs it"])
    session = AiohttpSession(api=TelegramAPIServer.from_base(settings.telegram_api_url))
    bot = Bot(settings.telegram_token.get_secret_value(), session=session)
    try:
        async with lease(settings.data_dir / f"bot-{bot.id}.lock", stop) as ours:
            if ours:
                await core(understand, "")  # reading the phrase files takes seconds: not while the first person waits
                log.info("bot_takes_updates", bot=bot.id)
                await asyncio.gather(
                    Poller(bot, *build(service, settings), stop).run(),
                    Reminding(bot, service, settings.telegram_admins, stop).run(),
                )
    finally:
        await session.close()


async def _until_signal(service: Service, settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(service, settings, stop)
