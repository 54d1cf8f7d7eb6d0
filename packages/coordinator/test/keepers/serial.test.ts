import { serial } from "@rollcall/protocol";
import test from "ava";

test("works run one after the other, and one that fails keeps nobody back", async (t) => {
	const inTurn = serial();
	const seen: string[] = [];
	const work = (name: string) => async () => {
		seen.push(`${name} begins`);
		await new Promise(setImmediate);
		seen.push(`${name} ends`);
		if (name === "b") throw new Error(name);
		return name;
	};
	const all = await Promise.allSettled(["a", "b", "c"].map((name) => inTurn(work(name))));
	t.deepEqual(
		all.map(({ status }) => status),
		["fulfilled", "rejected", "fulfilled"],
	);
	t.deepEqual(seen, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});
