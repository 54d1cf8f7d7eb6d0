import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianFolders, debianPackages } from "@rollcall/test-support/part";
import fc from "@rollcall/test-support/properties";
import { run } from "@rollcall/test-support/running";
import test from "ava";
import { createEtcdData } from "../src/adapters/files/etcd-data.ts";
import { walIds } from "../src/adapters/files/wal-head.ts";
import { BOOT } from "./support/targets.ts";

/** The folder of an etcd that is not Debian's. */
const own = process.env.ETCD_BIN || undefined;
const ETCD = ["etcd-server"];

testNeeding(own ? { missing: undefined } : await debianPackages(ETCD))(
	"a real member's ids are read from its log as etcd itself says them",
	async (t) => {
		const program = own ? join(own, "etcd") : join((await debianFolders(ETCD))[0] ?? "", "usr/bin/etcd");
		const root = ownFolder(t);
		const data = join(root, "var/lib/etcd");
		mkdirSync(data, { recursive: true, mode: 0o700 });
		const [client, peer] = [await freePort(), await freePort()];
		const url = (port: number) => `http://127.0.0.1:${port}`;
		const args = [
			...["--name", "one", "--data-dir", data],
			...["--listen-client-urls", url(client), "--advertise-client-urls", url(client)],
			...["--listen-peer-urls", url(peer)],
		];
		const founding = ["--initial-advertise-peer-urls", url(peer), "--initial-cluster", `one=${url(peer)}`];
		const etcd = run(program, [...args, ...founding]);
		t.teardown(() => etcd.end("SIGKILL"));
		const said = await eventually("etcd answers", async () => {
			const answer = await fetch(`${url(client)}/v3/cluster/member/list`, { method: "POST", body: "{}" });
			const { header } = (await answer.json()) as { header: { member_id: string; cluster_id: string } };
			return { memberId: header.member_id, clusterId: header.cluster_id };
		});
		const etcdData = createEtcdData(root);
		t.deepEqual(etcdData.look("/var/lib/etcd"), { kind: "data", ...said });
		etcdData.mark("/var/lib/etcd", { ...said, bootId: BOOT });
		t.deepEqual(etcdData.look("/var/lib/etcd"), { kind: "data", ...said, marked: { ...said, bootId: BOOT } });
		await etcd.end();
		const again = run(program, args);
		t.teardown(() => again.end("SIGKILL"));
		await eventually("etcd goes on beside the marker", async () => (await fetch(`${url(client)}/health`)).ok);
	},
);

test("whatever stands at the head of a log, ids are read or not", (t) => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
			const ids = walIds(Buffer.from(bytes));
			return ids === undefined || /^\d+$/.test(ids.memberId);
		}),
	);
	t.pass();
});
