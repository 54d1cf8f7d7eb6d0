import { readdirSync } from "node:fs";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { namespaces, ROOT } from "@rollcall/test-support/part";
import { processesWith } from "@rollcall/test-support/process-table";
import { stretched } from "@rollcall/test-support/stretch";
import { torture } from "./support/torture.ts";
import { FAKETIME } from "./support/wall-clock.ts";

const test = testNeeding(ROOT, namespaces(), FAKETIME);

test("what coordinators acknowledge is found again after a minute in which everything is killed, paused, filled, put back and set to other dates", async (t) => {
	t.timeout(stretched(400_000));
	const { process, temporary } = torture(t, "--minutes", "1", "--only", "log", "--seed", "2");
	const { code } = await process.exited;
	t.is(code, 0, process.output());
	for (const who of ["one coordinator with its own nats-server", "2 coordinators on one nats-server"])
		t.regex(process.output(), new RegExp(`${who}[\\s\\S]*acknowledged writes found again`));
	t.deepEqual(readdirSync(temporary), []);
});

test("a torture that is interrupted leaves no process and no file", async (t) => {
	const { process, temporary } = torture(t, "--minutes", "1", "--only", "log", "--seed", "1");
	await eventually("its machines to run", () => processesWith(temporary).length > 6, 60_000);
	process.child.kill("SIGINT");
	const { code } = await process.exited;
	t.is(code, 130, process.output());
	await eventually("all of them to be gone", () => processesWith(temporary).length === 0);
	t.deepEqual(readdirSync(temporary), []);
});

test("a wrong option is named, and nothing is begun", async (t) => {
	const { process, temporary } = torture(t, "--rounds", "many");
	const { code } = await process.exited;
	t.is(code, 2);
	t.regex(process.output(), /--rounds: .*Usage: npm run torture/s);
	t.deepEqual(readdirSync(temporary), []);
});
