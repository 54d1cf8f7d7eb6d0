import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterDocument } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { declare, documentText, smallRole } from "../support/documents.ts";

const slotOf = (name: string) => ({ slots: [{ name, role: "small", count: 1 }], roles: { small: smallRole("a") } });
const BESIDE = ["cluster.json", "keys/authorities/trust.json"];

const textsOf = ({ dataFolder }: TestCoordinator): string[] =>
	BESIDE.map((name) => readFileSync(join(dataFolder, name), "utf8"));

const HARM = {
	"is gone": (file: string) => rmSync(file),
	"is damaged": (file: string) => writeFileSync(file, "{"),
} as const;

for (const [how, harm] of Object.entries(HARM))
	test(`the last document and whom the machines believe: where the file beside the log ${how}, a start puts it right, and a fleet whose log is lost then goes on with them`, async (t) => {
		const first = await startCoordinator(t, { document: documentText(slotOf("begun-with")) });
		await declare(first, slotOf("declared"));
		const before = await eventually("both lie beside the log", async () => {
			const texts = textsOf(first);
			return texts[0]?.includes("declared") ? texts : undefined;
		});

		const harmAll = () => {
			for (const name of BESIDE) harm(join(first.dataFolder, name));
		};
		const second = await first.restart({ between: harmAll });
		await eventually("they are there again", async () => textsOf(second).join() === before.join());

		const third = await second.restart({ between: () => rmSync(join(first.dataFolder, "nats"), { recursive: true }) });
		const { document } = await third.call<{ document: ClusterDocument }>("GET", "/v1/cluster");
		t.deepEqual(
			document.slots.map(({ name }) => name),
			["declared"],
		);
		t.deepEqual(textsOf(third), before);
	});
