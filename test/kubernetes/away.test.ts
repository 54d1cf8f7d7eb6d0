import { setTimeout as pause } from "node:timers/promises";
import type { CertificateView } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { kubernetes, type Part } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import type { LabMachine } from "../lab/machine.ts";
import { switchPart } from "../lab/part.ts";
import { administrator } from "./administrator.ts";
import { ready } from "./cluster-nodes.ts";
import { kubeletReports, startAnew } from "./living-node.ts";
import { NODE_PROGRAMS } from "./node-images.ts";
import { type RealCluster, realCluster } from "./real-cluster.ts";
import { SteadyWrites } from "./steady-writes.ts";

/**
 * Seconds that certificates live. Renewed after a third of that, they have to be in use before two thirds: kubelet, controller manager and
 * scheduler look at their files every 300 s.
 */
const LIFE = 600;
/** The part of a life that a coordinator may be away: 30 days of 48. */
const PROMISED = 30 / 48;
/** The part of a life after which the coordinator goes: shortly before certificates are renewed, when they have the least left. */
const GOES_AFTER = 0.27;
/** The part of that time after which etcd starts anew: the certificates of the beginning have ended, and there is time for a slow machine. */
const ANEW_AFTER = 0.75;
const EVERY_MS = 5_000;

const LONG: Part = {
	missing: process.env.KUBE_AWAY ? undefined : "it takes 20 minutes; set KUBE_AWAY=1",
	optional: true,
};
const programs = kubernetes(...NODE_PROGRAMS, "kubelet");

testNeeding(
	programs,
	LONG,
	...(programs.missing || LONG.missing ? [] : [await switchPart()]),
)(
	"a real control plane and its kubelet live without a coordinator for as long as is promised, on certificates that were renewed; when these have ended the machine says so, and a coordinator that is back makes all well",
	async (t) => {
		t.timeout(stretched(3_600_000));
		const cluster = await realCluster(t, process.env.KUBE_BIN ?? "", 0, { certificateSeconds: LIFE });
		const [machine] = cluster.machines as [LabMachine];
		const { host } = cluster;
		machine.powerOn();
		t.log(`the control plane is ready and its node Ready after ${await ready(cluster, machine)} s`);
		const api = await administrator(t, cluster);
		const writes = new SteadyWrites(api);
		await writes.one();
		const first = Math.max(...(await ends(cluster)));
		const renewed = async (): Promise<number | undefined> => {
			const earliest = Math.min(...(await ends(cluster)));
			return earliest > first ? earliest : undefined;
		};
		const end = await eventually("all certificates to be renewed", renewed, LIFE * 1000, 2_000);
		const writeUntil = async (until: number): Promise<void> => {
			while (Date.now() < until) {
				await writes.one();
				await pause(EVERY_MS);
			}
		};
		await writeUntil(end - LIFE * 1000 * (1 - GOES_AFTER));
		t.true(Math.min(...(await ends(cluster))) === end, "they are not renewed a second time yet");
		const gone = Date.now();
		let last = end;
		for (const each of await ends(cluster)) last = Math.max(last, each);

		await host.away(async () => {
			await writeUntil(gone + ANEW_AFTER * PROMISED * LIFE * 1000);
			t.true(Date.now() > first, "the certificates of the beginning have ended");
			// Its next life is known by nobody yet, and has to be believed by all that was connected.
			await startAnew(api, "etcd");
			await writeUntil(gone + PROMISED * LIFE * 1000);
			t.log(`without a coordinator for ${seconds(gone)} s, ${writes.acknowledged} writes are acknowledged`);
			await kubeletReports(api);
			t.deepEqual(await writes.missing(), []);
			t.true(Date.now() < end, "the test took no longer than certificates live");

			await pause(last + 10_000 - Date.now());
			const said = await eventually("certificates that have ended not to be believed", () => writes.once());
			t.log(`without a coordinator for ${seconds(gone)} s, a write gets: ${said}`);
			t.regex(said, /expired/);
		});

		t.log(`the node is Ready after ${await ready(cluster, machine)} s`);
		await writes.one();
		await kubeletReports(api);
		t.deepEqual(await writes.missing(), []);
		const { stdout } = await host.rollcall(
			"logs",
			(await cluster.view(machine))?.machine.machineId ?? "",
			"--unit",
			"rollcall-agent.service",
			"--lines",
			"1000",
		);
		const told = stdout.split("\n").filter((line) => /certificates/.test(line));
		t.log(told.join("\n"));
		t.regex(told.join("\n"), /not valid by this machine's clock/);
	},
);

const seconds = (from: number): number => Math.round((Date.now() - from) / 1000);

/** When the certificates of machines end, in milliseconds. */
async function ends({ host }: RealCluster): Promise<readonly number[]> {
	const { code, stdout, stderr } = await host.rollcall("certs", "-o", "json");
	if (code !== 0) throw new Error(stderr);
	const { certificates } = JSON.parse(stdout) as { certificates: readonly CertificateView[] };
	return certificates.filter(({ kind }) => kind === "node").map(({ expiresAt }) => Date.parse(expiresAt));
}
