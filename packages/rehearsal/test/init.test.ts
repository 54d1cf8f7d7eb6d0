import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createRehearsalUnits } from "@rollcall/agent";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { rehearsedMachine } from "./rehearsed-machine.ts";

const unitPath = (name: string): string => `run/systemd/system/${name}`;
const service = (...lines: string[]): string => ["[Service]", ...lines, ""].join("\n");

test("a service that ends with an error is failed, with its exit code and its last words", async (t) => {
	const { units, write } = await rehearsedMachine(t);
	write(unitPath("bad.service"), service('ExecStart=/bin/sh -c "echo no disk; exit 3"'));
	await units.start("bad.service");
	await eventually("it failed", async () => (await units.state("bad.service")).active === "failed");
	t.regex((await units.state("bad.service")).detail, /exit code 3 of sh.*no disk/);
});

test("a service that runs is active until it is stopped", async (t) => {
	const { units, write } = await rehearsedMachine(t);
	write(unitPath("good.service"), service("ExecStart=/bin/sleep 1000"));
	t.is((await units.state("good.service")).active, "inactive");
	await units.start("good.service");
	const first = await units.state("good.service");
	t.is(first.active, "active");
	await units.start("good.service");
	t.deepEqual(await units.state("good.service"), first, "a second start does nothing");
	await units.restart("good.service");
	t.notDeepEqual(await units.state("good.service"), first);
	await units.stop("good.service");
	t.is((await units.state("good.service")).active, "inactive");
});

test("a oneshot is over when its start returns, and stays active when its file says so", async (t) => {
	const { units, write, read } = await rehearsedMachine(t);
	const lines = [
		"Type=oneshot",
		'ExecStart=/bin/sh -c "echo 1 >> tmp/done"',
		'ExecStart=/bin/sh -c "echo 2 >> tmp/done"',
	];
	write(unitPath("once.service"), service(...lines));
	write(unitPath("stays.service"), service(...lines, "RemainAfterExit=yes"));
	await units.start("once.service");
	t.is(read("tmp/done"), "1\n2\n");
	t.is((await units.state("once.service")).active, "inactive");
	await units.start("stays.service");
	t.is((await units.state("stays.service")).active, "active");
});

test("what a unit runs when it is stopped is run before its end, once, and does not hinder it", async (t) => {
	const { units, write, read } = await rehearsedMachine(t);
	const stop = ['ExecStop=/bin/sh -c "echo $WORD >> tmp/left"', "ExecStop=/bin/false", "Environment=WORD=bye"];
	write(unitPath("member.service"), service("Type=oneshot", "ExecStart=/bin/true", "RemainAfterExit=yes", ...stop));
	write(unitPath("runs.service"), service("ExecStart=/bin/sleep 1000", ...stop));
	for (const [unit, said] of [
		["member.service", "bye\n"],
		["runs.service", "bye\nbye\n"],
	] as const) {
		await units.start(unit);
		for (let time = 0; time < 2; time++) await units.stop(unit);
		t.is((await units.state(unit)).active, "inactive");
		t.is(read("tmp/left"), said);
	}
});

test("a unit that is no service is marked as started, also when its file is there and it is restarted", async (t) => {
	const { units, write } = await rehearsedMachine(t);
	write(unitPath("opt-data.mount"), "[Mount]\nWhat=tmpfs\nWhere=/opt/data\n");
	await units.reload();
	for (const action of ["start", "restart"] as const) {
		await units[action]("opt-data.mount");
		t.is((await units.state("opt-data.mount")).active, "active");
	}
	await units.stop("opt-data.mount");
	t.is((await units.state("opt-data.mount")).active, "inactive");
});

test("a unit whose condition does not hold is passed over", async (t) => {
	const { units, write, read } = await rehearsedMachine(t);
	const lines = (condition: string) =>
		`[Unit]\nConditionPathExists=${condition}\n${service("Type=oneshot", 'ExecStart=/bin/sh -c "echo 1 >> tmp/done"')}`;
	write(unitPath("without.service"), lines("/opt/archive"));
	write(unitPath("with.service"), lines("!/opt/archive"));
	await units.start("without.service");
	t.is((await units.state("without.service")).active, "inactive");
	await units.start("with.service");
	t.is(read("tmp/done"), "1\n");
});

test("a failing command before the start fails the start with the command's words", async (t) => {
	const { units, write } = await rehearsedMachine(t);
	const lines = ['ExecStartPre=-/bin/sh -c "exit 1"', 'ExecStartPre=/bin/sh -c "echo no module >&2; exit 7"'];
	write(unitPath("pre.service"), service(...lines, "ExecStart=/bin/sleep 1000"));
	await t.throwsAsync(units.start("pre.service"), {
		name: "UnitError",
		message: /pre\.service.*exit code 7.*no module/,
	});
	t.is((await units.state("pre.service")).active, "failed");
});

test("a program that is not there is failed with systemd's exit code for that", async (t) => {
	const { units, write } = await rehearsedMachine(t);
	write(unitPath("gone.service"), service("ExecStart=/opt/none"));
	await units.start("gone.service");
	await eventually("it failed", async () => (await units.state("gone.service")).active === "failed");
	t.regex((await units.state("gone.service")).detail, /203.*No such file/);
});

test("a program below the root runs, with paths below the root", async (t) => {
	const { units, write, read, root } = await rehearsedMachine(t);
	// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
	write("opt/bin/copy", '#!/bin/sh\ncp "${1#--from=}" "$2"\necho "$GREETING" >> "$2"\n');
	chmodSync(join(root, "opt/bin/copy"), 0o755);
	write("etc/kubernetes/a", "a\n");
	write("etc/kubernetes/b", "");
	const lines = [
		"Type=oneshot",
		"Environment='GREETING=good day'",
		"ExecStart=/opt/bin/copy --from=/etc/kubernetes/a /etc/kubernetes/b",
	];
	write(unitPath("copy.service"), service(...lines));
	await units.start("copy.service");
	t.is(read("etc/kubernetes/b"), "a\ngood day\n");
});

test("a service that is always restarted and always fails ends by the start limit", async (t) => {
	const { units, write } = await rehearsedMachine(t);
	write(unitPath("loop.service"), service('ExecStart=/bin/sh -c "exit 1"', "Restart=always", "RestartSec=1ms"));
	await units.start("loop.service");
	await eventually("it was given up", async () => (await units.state("loop.service")).active === "failed");
	t.regex((await units.state("loop.service")).detail, /start-limit-hit/);
});

test("a changed file counts after a reload, and needed units are started before", async (t) => {
	const { units, write } = await rehearsedMachine(t);
	write(unitPath("one.service"), service("ExecStart=/bin/sleep 1000"));
	write(unitPath("two.service"), `[Unit]\nRequires=one.service\n${service("ExecStart=/opt/none")}`);
	t.is((await units.state("two.service")).active, "inactive");
	write(unitPath("two.service"), `[Unit]\nRequires=one.service\n${service("ExecStart=/bin/sleep 1000")}`);
	await units.reload();
	await units.start("two.service");
	t.is((await units.state("one.service")).active, "active");
	t.is((await units.state("two.service")).active, "active");
});

test("an unknown unit is unknown, and starting it is refused in systemd's words", async (t) => {
	const { units } = await rehearsedMachine(t);
	t.is((await units.state("none.service")).active, "unknown");
	await t.throwsAsync(units.start("none.service"), { name: "UnitError", message: /Unit none\.service not found/ });
});

test("programs that would change this computer are passed over", async (t) => {
	const { units, write } = await rehearsedMachine(t);
	write(unitPath("modules.service"), service("Type=oneshot", "ExecStart=/sbin/modprobe no-such-module"));
	await units.start("modules.service");
	t.regex((await units.logs({ unit: "modules.service", lines: 10 })).lines.join("\n"), /modprobe is passed over/);
});

test("a script in a unit that names such a program is passed over as a whole", async (t) => {
	const { units, write, read } = await rehearsedMachine(t);
	const start = 'ExecStart=/bin/sh -c "echo started >> tmp/did"';
	const stop = 'ExecStop=/bin/sh -c "echo stopped >> tmp/did; $$(/usr/sbin/nft list tables)"';
	write(unitPath("rules.service"), service("Type=oneshot", "RemainAfterExit=yes", start, stop));
	await units.start("rules.service");
	await units.stop("rules.service");
	t.is(read("tmp/did"), "started\n");
	t.regex((await units.logs({ unit: "rules.service", lines: 10 })).lines.join("\n"), /nft is passed over/);
});

test("a reader that follows the journal by its cursor gets every line once", async (t) => {
	const { units, write } = await rehearsedMachine(t);
	write(
		unitPath("talk.service"),
		service("Type=oneshot", 'ExecStart=/bin/sh -c "for i in 1 2 3 4 5; do echo $$i; done"'),
	);
	await units.start("talk.service");
	const newest = await units.logs({ unit: "talk.service", lines: 2 });
	t.deepEqual(
		newest.lines.map((line) => line.at(-1)),
		["4", "5"],
	);
	t.deepEqual((await units.logs({ unit: "talk.service", lines: 2, cursor: newest.cursor })).lines, []);
	await units.start("talk.service");
	const seen: string[] = [];
	let { cursor } = newest;
	for (;;) {
		const next = await units.logs({ unit: "talk.service", lines: 2, cursor });
		if (next.lines.length === 0) break;
		seen.push(...next.lines.map((line) => line.at(-1) ?? ""));
		({ cursor } = next);
	}
	t.deepEqual(seen, ["1", "2", "3", "4", "5"]);
});

test("an init that is not there is an error that names the action and the unit", async (t) => {
	await t.throwsAsync(createRehearsalUnits("/nowhere/s").start("a.service"), {
		name: "UnitError",
		message: /start a\.service: no answer from the rehearsed init/,
	});
});

test("a mount has its folder, and what lay there is gone when it is stopped, but not when it is started again", async (t) => {
	const { units, write, read, root } = await rehearsedMachine(t);
	write("run/systemd/system/var-lib-etcd.mount", "[Mount]\nWhat=tmpfs\nWhere=/var/lib/etcd\nType=tmpfs\n");
	await units.start("var-lib-etcd.mount");
	t.is((await units.state("var-lib-etcd.mount")).active, "active");
	write("var/lib/etcd/member/log", "data");
	await units.start("var-lib-etcd.mount");
	t.is(read("var/lib/etcd/member/log"), "data");
	await units.stop("var-lib-etcd.mount");
	t.deepEqual(readdirSync(join(root, "var/lib/etcd")), []);
});
