"""The function app: registers the blueprints, and nothing else."""

import azure.functions as func

from functions import authorization, background, configs, events, messages, page, service

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for module in (configs, events, authorization, messages, service, page, background):
    app.register_functions(module.blueprint)
