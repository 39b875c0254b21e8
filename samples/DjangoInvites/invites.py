"""An invite with limited uses, accepted in two ways: one that races, one that locks.

    DATABASE_URL=postgresql://user@127.0.0.1:7001/db python3 invites.py 8001
"""

import os
import sys
from urllib.parse import unquote, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

database = urlsplit(os.environ.get("DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres"))

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": database.hostname,
            "PORT": database.port,
            "NAME": database.path.lstrip("/"),
            "USER": unquote(database.username or ""),
            "PASSWORD": unquote(database.password or ""),
        }
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for this example",
    USE_TZ=True,
)
django.setup()

from django.db import models, transaction  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Invite(models.Model):
    code = models.TextField(primary_key=True)
    max_uses = models.IntegerField()
    uses = models.IntegerField()

    class Meta:
        app_label = "invites"
        db_table = "invite"


class Member(models.Model):
    user_name = models.TextField()
    invite = models.ForeignKey(Invite, on_delete=models.CASCADE)

    class Meta:
        app_label = "invites"
        db_table = "member"


def accept(invites, code, user):
    """Reads, decides, writes. Whether somebody comes in between is up to the query set."""
    with transaction.atomic():
        invite = invites.get(code=code)
        if invite.uses >= invite.max_uses:
            return JsonResponse({"error": "exhausted"}, status=409)
        Member.objects.create(user_name=user, invite=invite)
        invite.uses += 1
        invite.save(update_fields=["uses"])
    return JsonResponse({"accepted": user})


def accept_naive(request, code, user):
    return accept(Invite.objects, code, user)


def accept_locked(request, code, user):
    return accept(Invite.objects.select_for_update(), code, user)


urlpatterns = [
    path("naive/<code>/<user>", accept_naive),
    path("locked/<code>/<user>", accept_locked),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, format, *args):
        pass


if __name__ == "__main__":
    with make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), handler_class=Quiet) as server:
        print("ready", flush=True)
        server.serve_forever()
