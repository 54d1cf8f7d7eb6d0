import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { AssetRequest, type AssetWork } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ROOT } from "@rollcall/test-support/part";
import type { ExecutionContext } from "ava";
import { AssetWorks } from "../../../src/adapters/boot/asset-works.ts";
import { Assets } from "../../../src/adapters/boot/assets.ts";

const MIB = 2 ** 20;
const LARGE = Buffer.alloc(3 * MIB, "a kernel");
const sha256 = createHash("sha256").update(LARGE).digest("hex");

/** A store on a disk of 2 MiB. */
async function smallStore(t: ExecutionContext) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-full-"));
	execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "rollcall-test", folder]);
	t.teardown(() => {
		execFileSync("umount", ["--lazy", folder]);
		fs.rmSync(folder, { recursive: true });
	});
	const works = new AssetWorks(
		await Assets.open(folder),
		async () => {},
		() => "http://192.0.2.1:7480",
	);
	t.teardown(() => works.close());
	const end = ({ workId }: AssetWork) =>
		eventually(`the end of ${workId}`, () => {
			const work = works.look(workId);
			return (work.state === "done" || work.state === "failed") && work;
		});
	return { works, folder, end };
}

async function served(t: ExecutionContext, listener: RequestListener): Promise<string> {
	const server = createServer(listener).listen(0, "127.0.0.1");
	await once(server, "listening");
	t.teardown(() => server.close());
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}/kernel`;
}

function isToldWell(t: ExecutionContext, work: AssetWork, folder: string): void {
	t.is(work.state, "failed");
	t.regex(work.reason ?? "", /^os\/kernel: there is no room in \/.* at the coordinator: [12]\.\d MiB are free/);
	t.regex(work.next ?? "", /^make room there \(rollcall assets list, rollcall assets remove NAME\)/);
	t.deepEqual(fs.readdirSync(folder), ["blobs"]);
	t.deepEqual(fs.readdirSync(path.join(folder, "blobs")), []);
}

testNeeding(ROOT)(
	"a file that is too large for the disk is refused before it comes, with the room that there is",
	async (t) => {
		const { works, folder, end } = await smallStore(t);
		const url = await served(t, (_, response) => response.setHeader("content-length", LARGE.length).end(LARGE));
		const work = await end(works.add(AssetRequest.parse({ name: "os/kernel", source: { url }, sha256 })));
		isToldWell(t, work, folder);
		t.regex(work.reason ?? "", /, it has 3\.0 MiB; nothing was added$/);
		t.is(work.doneBytes, 0);
	},
);

testNeeding(ROOT)("a disk that is full in the middle is told the same way, and nothing half is left", async (t) => {
	const { works, folder, end } = await smallStore(t);
	// Nobody says how much will come.
	const url = await served(t, (_, response) => {
		response.write(LARGE.subarray(0, MIB));
		response.end(LARGE.subarray(MIB));
	});
	isToldWell(t, await end(works.add(AssetRequest.parse({ name: "os/kernel", source: { url }, sha256 }))), folder);
});

testNeeding(ROOT)("whoever uploads hears it with the next chunk, and does not wait", async (t) => {
	const { works, folder } = await smallStore(t);
	const source = { uploadBytes: LARGE.length, from: "a test" };
	const work = works.add(AssetRequest.parse({ name: "os/kernel", source, sha256 }));
	let view: AssetWork = work;
	for (let offset = 0; offset < LARGE.length && view.state !== "failed"; offset += MIB)
		view = await works.receive(work.workId, offset, LARGE.subarray(offset, offset + MIB));
	isToldWell(t, view, folder);
});
