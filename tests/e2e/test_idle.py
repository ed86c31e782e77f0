"""What costs nothing while nothing is asked of it."""
import time

from harness import PATIENCE, ROOT, SANITIZED, StoaTest, children, cpu_all_threads
from puppet import REPLY, REQUEST, STOP, TURN, Puppets


class Idle(StoaTest):
    config = "default_model: demo/stoa\n"

    def test_idle_programs_use_no_cpu(self):
        client = self.client()
        session = self.session(client)
        client.request("message.send", session, {"text": "/demo chunks=3 rate=0"})
        client.attach(session)
        client.wait(lambda: client.request("session.info", session)["state"] == "idle", "idle")
        watches = [self.watch(session), self.watch(session)]
        for watch in watches:
            watch.wait(watch.snapshots, "snapshot")
        agent = client.request("session.info", session)["agent"]["pid"]
        client.request("session.unsubscribe", params={"sessions": [session]})
        pids = {"stoad": self.daemon.pid, "stoa-agent": agent, "stoa": watches[0].process.pid}
        time.sleep(1)  # the watchers' fast pings after the turn end within this
        before = {name: cpu_all_threads(pid) for name, pid in pids.items()}
        time.sleep(5)  # the span that is measured
        used = {name: (cpu_all_threads(pid) - before[name]) * 1000 for name, pid in pids.items()}
        self.figures = ", ".join(f"{name} {ms:.1f} ms" for name, ms in used.items()) + " in 5 s"
        for name, ms in used.items():
            self.assertLess(ms, 10 if not SANITIZED else 100, name)

    def test_an_idle_agent_leaves_and_the_next_message_wakes_one(self):
        self.daemon.stop()
        self.place.write_config("default_model: demo/stoa\nsession: {idle_timeout: 1s}\n")
        self.daemon.start()
        client = self.client()
        session = self.session(client)
        client.attach(session)
        client.request("message.send", session, {"text": "/demo chunks=2 rate=0"})
        client.idle(session)
        client.wait(lambda: client.request("session.info", session)["agent"]["state"] == "none", "no agent")
        self.assertEqual(children(self.daemon.pid), [])
        start = len(client.events)
        client.request("message.send", session, {"text": "/demo chunks=2 rate=0"})
        client.event("stream.completed", session, start, status="complete")


class Leaving(StoaTest):
    config = f"default_model: demo/stoa\nagent: {{path: {ROOT}/tests/support/puppet.py}}\n"

    def test_servers_of_an_agent_that_left_run_no_more_also_when_a_turn_waits_for_the_next_one(self):
        puppets, client = self.keep(Puppets(self.place.folder, PATIENCE)), self.client()
        session = self.session(client)
        client.attach(session)
        client.request("message.send", session, {"text": "hello"})
        agent = puppets.next().ready()
        agent.frame(TURN)
        for server in ("ready", "slow"):
            agent.send(REQUEST, {"id": server, "op": "start", "server": server})
            agent.frame(REPLY)
        agent.fact("mcp.connected", server="ready", protocol="2025-06-18", tools=1)
        agent.reply()
        agent.step("idle")
        client.idle(session)
        # given an agent that is to leave, and a turn that begins before it has
        self.assertTrue(client.request("admin.hibernate", params={"session": session})["hibernated"])
        agent.frame(STOP)
        client.request("message.send", session, {"text": "more"})
        agent.close()
        puppets.next().ready().frame(TURN)
        for server in ("ready", "slow"):
            client.event("mcp.disconnected", session, server=server)
        servers = client.request("session.info", session)["servers"]
        self.assertEqual([(s["connected"], "starting" in s) for s in servers], [(False, False)] * 2)
