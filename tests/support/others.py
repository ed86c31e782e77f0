"""Clients that other processes have, where it matters to the daemon whose a connection is.

    others = self.keep(OtherProcesses(self.place, 4))    # each has said hello; close() ends them"""
import os
import subprocess
import sys

CODE = """
import sys, types
sys.path.insert(0, %r)
from harness import Client
client = Client(types.SimpleNamespace(socket_path=sys.argv[1]))
client.request("server.hello")
print(flush=True)
sys.stdin.read()
""" % os.path.dirname(os.path.abspath(__file__))


class OtherProcesses:
    def __init__(self, place, count):
        self.all = [subprocess.Popen([sys.executable, "-c", CODE, place.socket_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                    for _ in range(count)]
        for each in self.all:
            each.stdout.readline()

    def close(self):
        for each in self.all:
            each.communicate()
        self.all.clear()
