import { AgentConfig, createFactsReader } from "@rollcall/agent";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { identityOf } from "../src/machine/machine.ts";
import { rehearsedMachine } from "./rehearsed-machine.ts";

test("the facts of a rehearsed machine are what was asked for, and say that it is a rehearsal", async (t) => {
	const words = ["--memory", "4GiB", "--cpus", "3", "--mac", "02:00:00:00:00:01", "--mac", "02:00:00:00:00:02"];
	const machine = await rehearsedMachine(t, { words: [...words, "--serial", "S1"] });
	const facts = await createFactsReader(AgentConfig.parse(JSON.parse(machine.read("etc/rollcall/agent.json")))).read();
	t.true(facts.rehearsal);
	t.is(facts.hostname, "blue-1");
	t.deepEqual(facts.smbios, {
		uuid: identityOf("blue-1").uuid,
		serial: "S1",
		vendor: "rollcall rehearsal",
		product: "rehearsal machine",
	});
	t.is(facts.memory.totalBytes, 4 * 1024 ** 3);
	t.is(facts.cpu.count, 3);
	t.deepEqual(
		facts.nics.map(({ mac, up }): [string | undefined, boolean] => [mac, up]),
		[
			["02:00:00:00:00:01", true],
			["02:00:00:00:00:02", false],
		],
	);
	t.regex(facts.nics[0]?.addresses[0] ?? "", /^10\.146\.\d+\.\d+\/16$/);
	t.is(facts.defaultRoute?.nic, "eth0");
	t.is(facts.os.id, "rollcall-rehearsal");
	t.is(facts.cgroupVersion, 2);
});

test("a name is always the same machine, and another name another one", (t) => {
	fc.assert(
		fc.property(fc.string(), fc.string(), (one, other) => {
			t.deepEqual(identityOf(one), identityOf(one));
			if (one !== other) t.not(identityOf(one).uuid, identityOf(other).uuid);
			t.regex(identityOf(one).uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
			t.regex(identityOf(one).mac, /^02(:[0-9a-f]{2}){5}$/);
		}),
	);
});
