"""Has the installed postfix-mta-sts-resolver read cases: one JSON object a line in, one reading a line out.

Its own STSResolver does all the work. Replaced are only the two ways out of the machine: the DNS look-up and
the HTTPS client. The media type is read by aiohttp's own code.
"""
import asyncio
import base64
import io
import json
import sys

from aiohttp.helpers import HeadersMixin
from postfix_mta_sts_resolver import resolver as program


class Response(HeadersMixin):
    status = 200

    def __init__(self, case):
        body = base64.b64decode(case["body"])
        self.headers = {"Content-Type": case["contentType"], "Content-Length": str(len(body))}
        self._headers = self.headers
        self._body = io.BytesIO(body)
        self.content = self

    async def read(self, octets):
        return self._body.read(octets)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass


class Session:
    case = None

    def __init__(self, **_):
        pass

    def get(self, _url, **_options):
        return Response(self.case)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass


class Txt:
    def __init__(self, strings):
        text = "".join(strings)
        # pycares hands out str for ASCII and bytes for all else
        self.text = text if text.isascii() else text.encode()


class Dns:
    case = None

    async def query(self, _name, _kind):
        return [Txt(strings) for strings in self.case["txt"]]


async def read(sts, case):
    sts._resolver.case = Session.case = case
    status, policy = await sts.resolve("example.com")
    if status is not program.STSFetchResult.VALID:
        return {"read": "refused"}
    policy_id, fields = policy
    return {"read": "policy", "id": policy_id, **{name: fields[name] for name in ("mode", "max_age", "mx")}}


async def main():
    program.aiohttp.ClientSession = Session
    sts = program.STSResolver(loop=asyncio.get_running_loop())
    sts._resolver = Dns()
    sts._logger.disabled = True
    for line in sys.stdin:
        print(json.dumps(await read(sts, json.loads(line))))


asyncio.run(main())
