import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { commandLine, processesWith } from "@rollcall/test-support/process-table";
import { run } from "@rollcall/test-support/running";
import test from "ava";
import { repository } from "./support/places.ts";

const AVA = join(repository, "node_modules/ava/entrypoints/cli.js");

/** What a run starts before it is ended: a coordinator and all that it has, and programs that end only when they are told to. */
const RUNS = [
	{ signal: "SIGINT", file: "fleet", programs: [/coordinator\/\S*main\.(?:cjs|ts)/, /nats-server -c/, /rehears/] },
	{ signal: "SIGTERM", file: "external-bus", programs: [/nats-server -c \S+external\.conf/] },
] as const;

for (const { signal, file, programs } of RUNS)
	test.serial(`a run of tests that is ended by ${signal} leaves no process behind: ${file}`, async (t) => {
		const mark = randomUUID();
		const ava = run(process.execPath, [AVA, `test/end-to-end/${file}.test.ts`], {
			ROLLCALL_TEST_MARK: mark,
			ROLLCALL_TEST_TIMES: "",
		});
		t.teardown(() => ava.end("SIGKILL"));
		const started = (): string[] => processesWith(mark).map(commandLine);
		const state = await eventually(
			"its programs to run",
			() => {
				if (ava.child.exitCode !== null) return "ended";
				const lines = started();
				return programs.every((program) => lines.some((line) => program.test(line))) && "running";
			},
			90_000,
			20,
		);
		t.is(state, "running", ava.output());
		ava.child.kill(signal);
		await eventually("all of them to be gone", () => {
			const left = started();
			if (left.length === 0) return true;
			throw new Error(left.join("\n"));
		});
	});
