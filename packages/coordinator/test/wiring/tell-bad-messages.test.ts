import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { badMessageTeller } from "../../src/wiring/tell-bad-messages.ts";

test("what goes wrong in the coordinator while it answers a machine is told once a minute for each text, and what is wrong with a message is not", (t) => {
	const lines: string[] = [];
	let now = 0;
	const log = {
		debug: () => {},
		warn: (_details: object, text: string) => void lines.push(text),
	};
	const tell = badMessageTeller(log, { monotonic: () => now });
	const machineId = "one" as MachineId;
	const internal = (text: string) => tell({ verb: "certify", reason: "internal", machineId, text });
	tell({ verb: "hello", reason: "bad-request", machineId, text: "no facts" });
	for (let asked = 0; asked < 10; asked++) {
		internal("certify: the key file is damaged");
		internal("certify: another thing");
		now += 3_000;
	}
	t.deepEqual(lines, [
		"message not taken: certify: the key file is damaged",
		"message not taken: certify: another thing",
	]);
	now += 60_000;
	internal("certify: the key file is damaged");
	t.is(lines.length, 3);
});
