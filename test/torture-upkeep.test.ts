import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { type Running, run } from "@rollcall/test-support/running";
import test from "ava";
import { keepUp } from "./torture/log/upkeep.ts";

const sleeper = (words = "here"): Running => run("sh", ["-c", `echo ${words}; exec sleep 1000`]);

test("what ends by itself is started again, and its end is told with its last words", async (t) => {
	const told: string[] = [];
	const kept = keepUp(run("sh", ["-c", "echo no room >&2; exit 3"]), sleeper, (what) => told.push(what));
	t.teardown(() => kept.end("SIGKILL"));
	await eventually("the next one", () => kept.process.output().includes("here"));
	t.deepEqual(told, ["ended by itself with 3: no room"]);
	t.regex(kept.output(), /no room\n[\s\S]*here/);
});

test("what was ended stays ended until it is started", async (t) => {
	const told: string[] = [];
	let count = 0;
	const kept = keepUp(
		sleeper(),
		() => {
			count += 1;
			return sleeper();
		},
		(what) => told.push(what),
	);
	t.teardown(() => kept.end("SIGKILL"));
	await kept.end("SIGKILL");
	await pause(1_500);
	t.is(count, 0);
	kept.start();
	t.is(count, 1);
	await eventually("it to run", () => kept.process.output().includes("here"));
	t.deepEqual(told, []);
});

test("a start that fails is told with its reason, and tried again", async (t) => {
	const told: string[] = [];
	const room = join(ownFolder(t), "room");
	const launch = (): Running => {
		if (!existsSync(room)) throw new Error("no space left");
		return sleeper();
	};
	const kept = keepUp(sleeper(), launch, (what) => told.push(what));
	t.teardown(() => kept.end("SIGKILL"));
	await kept.end("SIGKILL");
	kept.start();
	t.deepEqual(told, ["cannot be started: no space left"]);
	writeFileSync(room, "");
	await eventually("it to run", () => kept.process.child.exitCode === null && kept.process.child.signalCode === null);
	t.true(told.length >= 1);
});
