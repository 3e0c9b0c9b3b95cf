"""Shared constants."""

import logging

DOMAIN = "printago"
LOGGER = logging.getLogger(__package__)

CONF_STORE_ID = "store_id"
CONF_SERVER = "server"
CONF_API_URL = "api_url"
CONF_REALTIME_URL = "realtime_url"
