import { createHash } from "node:crypto";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { ask, bootDocument, ignitionFiles, ignitionUrl, writeAgentProgram } from "../support/boot.ts";
import { ownFolder, startCoordinator } from "../support/coordinator.ts";
import { eventuallyTrue } from "../support/eventually.ts";
import { enroll, newIncarnation } from "../support/incarnation.ts";

const MAC = "52:54:00:a1:9c:01";

async function startBootable(t: ExecutionContext) {
	const folder = ownFolder(t);
	const document = join(folder, "boot.yaml");
	writeFileSync(document, bootDocument("first"));
	const agent = writeAgentProgram(folder);
	const coordinator = await startCoordinator(t, { boot: { port: 0, document, agent: agent.file } });
	return { coordinator, document, agent };
}

test("a machine gets from the boot listener the agent and a token that lets it in, also when the coordinator is restarted in the middle", async (t) => {
	const { coordinator, agent } = await startBootable(t);
	const uuid = "4c4c4544-0000-2010-8020-b1c04f4d3301";
	t.regex((await ask(`${coordinator.bootUrl}/boot.ipxe`)).text, /^#!ipxe\n/);
	const script = await ask(`${coordinator.bootUrl}/ipxe?mac=${MAC.replaceAll(":", "-")}&uuid=${uuid}`);
	t.is(script.status, 200, script.text);
	t.is(statSync(join(coordinator.dataFolder, "keys/boot-token.key")).mode & 0o777, 0o600);

	const again = await coordinator.restart();
	const wanted = ignitionUrl(script.text).replace(coordinator.bootUrl, again.bootUrl);
	const config = await ask(wanted);
	t.is(config.status, 200, config.text);
	const files = await ignitionFiles(config.text);
	const program = [...files].find(([path]) => path.endsWith("/rollcall-agent"))?.[1];
	t.is(
		createHash("sha512")
			.update(program ?? "")
			.digest("hex"),
		agent.sha512,
	);
	const token =
		[...files]
			.find(([path]) => path.endsWith("token"))?.[1]
			.toString()
			.trim() ?? "";
	t.true([...files.values()].some((content) => content.includes(again.url)));

	t.is((await ask(wanted)).status, 403);
	t.true((await enroll(again, newIncarnation({ mac: MAC, uuid }), { token })).ok);
});

test("a boot document that changes counts from then on, and a bad one leaves the one before", async (t) => {
	const { coordinator, document } = await startBootable(t);
	const script = async (): Promise<string> => (await ask(`${coordinator.bootUrl}/ipxe?mac=${MAC}`)).text;
	t.true((await script()).includes(".first."));
	writeFileSync(document, bootDocument("second"));
	await eventuallyTrue("the new document", async () => (await script()).includes(".second."));
	writeFileSync(document, "kind: Boot\nprofiles: 7\n");
	await eventuallyTrue("word of the bad document", () => Promise.resolve(/is kept/.test(coordinator.process.output())));
	t.true((await script()).includes(".second."));
});
