import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { agentOf, processesNaming, rehearsedMachine, startRehearsal } from "./rehearsed-machine.ts";

const UUID = "sys/class/dmi/id/product_uuid";
const BOOT_ID = "proc/sys/kernel/random/boot_id";
const SLEEPER = (name: string): string =>
	`[Service]\nExecStart=/bin/sh -c "trap '' TERM; sleep 1000 & sleep 1001; : ${name}"\n`;

test("a killed stand-in leaves no process behind, even when a unit does not listen to SIGTERM", async (t) => {
	const machine = await rehearsedMachine(t);
	const mark = `sleeper of ${machine.root}`;
	machine.write("run/systemd/system/sleeper.service", SLEEPER(mark));
	await machine.units.start("sleeper.service");
	await eventually("the unit runs", () => processesNaming(mark).length > 0);
	machine.child.kill("SIGKILL");
	await machine.exitCode;
	await eventually("everything ended", () => processesNaming(mark).length + processesNaming(machine.root).length === 0);
	t.pass();
});

test("SIGTERM stops units and agent and ends with 0", async (t) => {
	const machine = await rehearsedMachine(t);
	machine.write("run/systemd/system/sleeper.service", SLEEPER(machine.root));
	await machine.units.start("sleeper.service");
	machine.child.kill("SIGTERM");
	t.is(await machine.exitCode, 0);
	t.deepEqual(processesNaming(machine.root), []);
});

test("a tethered rehearsal ends when its standard input ends", async (t) => {
	const machine = await rehearsedMachine(t, { words: ["--tether-stdin"] });
	machine.child.stdin?.end();
	t.is(await machine.exitCode, 0);
	t.deepEqual(processesNaming(machine.root), []);
});

test("a reboot empties the root and ends with 75; the next start is another boot", async (t) => {
	const machine = await rehearsedMachine(t);
	const [before, uuid] = [machine.read(BOOT_ID), machine.read(UUID)];
	machine.write("run/systemd/system/sleeper.service", SLEEPER(machine.root));
	await machine.units.start("sleeper.service");
	await machine.units.reboot();
	t.is(await machine.exitCode, 75);
	t.deepEqual(readdirSync(machine.root), []);
	t.deepEqual(processesNaming(machine.root), []);
	const again = await rehearsedMachine(t, { root: machine.root });
	t.not(again.read(BOOT_ID), before);
	t.is(again.read(UUID), uuid);
});

test("a root that holds a boot goes on with it, without a token", async (t) => {
	const machine = await rehearsedMachine(t, { words: ["--boot-id", "11111111-2222-4333-8444-555555555555"] });
	machine.child.kill("SIGTERM");
	await machine.exitCode;
	const again = await rehearsedMachine(t, { root: machine.root, token: false });
	t.is(again.read(BOOT_ID), "11111111-2222-4333-8444-555555555555\n");
});

test("the agent is started again after it died, unless that is switched off", async (t) => {
	const machine = await rehearsedMachine(t);
	const first = agentOf(machine);
	process.kill(first ?? 0, "SIGKILL");
	await eventually("another agent runs", () => ![undefined, first].includes(agentOf(machine)));
	const other = await rehearsedMachine(t, { words: ["--no-agent-restart"] });
	process.kill(agentOf(other) ?? 0, "SIGKILL");
	await eventually("the end is told", () => other.output().includes("the agent ended: SIGKILL"));
	t.is(agentOf(other), undefined);
	t.is((await other.units.state("none.service")).active, "unknown", "the machine goes on");
});

test("a folder that is not a rehearsal's is refused and left alone", async (t) => {
	const root = join(ownFolder(t), "precious");
	mkdirSync(root);
	writeFileSync(join(root, "thesis.txt"), "all of it");
	const { exitCode, output } = startRehearsal(t, { root });
	t.is(await exitCode, 1);
	t.regex(output(), /machine blue-1: .*precious is neither empty nor the root of a rehearsal machine/);
	t.deepEqual(readdirSync(root), ["thesis.txt"]);
});

test("two rehearsals cannot share a root", async (t) => {
	const machine = await rehearsedMachine(t);
	const second = startRehearsal(t, { root: machine.root });
	t.is(await second.exitCode, 1);
	t.regex(second.output(), /is in use/);
	t.is((await machine.units.state("none.service")).active, "unknown", "the first goes on");
});

test("a new boot without a token and wrong words are refused with the option's name", async (t) => {
	const tokenless = startRehearsal(t, { token: false });
	t.is(await tokenless.exitCode, 1);
	t.regex(tokenless.output(), /--token-file/);
	const wrong = startRehearsal(t, { words: ["--memory", "lots"] });
	t.is(await wrong.exitCode, 2);
	t.regex(wrong.output(), /--memory: a size is bytes, or like 8GiB/);
});

test("a root with a long path has its socket elsewhere", async (t) => {
	const root = join(ownFolder(t), "long".repeat(20), "longer".repeat(10));
	const machine = await rehearsedMachine(t, { root });
	t.is((await machine.units.state("none.service")).active, "unknown");
	t.false(readdirSync(join(root, "run")).includes("rehearsal.sock"));
});

test("the files with secrets can be read by their owner alone", async (t) => {
	const machine = await rehearsedMachine(t);
	t.is(statSync(machine.root).mode & 0o777, 0o700);
	for (const file of ["etc/rollcall/agent.json", "run/rollcall/token"])
		t.is(statSync(join(machine.root, file)).mode & 0o777, 0o600);
});
