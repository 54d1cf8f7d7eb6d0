import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { debianPackages, kubernetes } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { parse } from "yaml";
import { unpackPackages } from "../lab/image/debian.ts";
import { LAB_CACHE } from "../lab/lab.ts";
import type { LabMachine } from "../lab/machine.ts";
import { switchPart } from "../lab/part.ts";
import { RELEASED_PACKAGES, standInFor, writeReleases } from "../lab/releases/makers.ts";
import { openRoom, type Room } from "../lab/room.ts";
import { repository } from "../support/places.ts";
import { VERSION } from "./brought-files.ts";
import { READY_MS } from "./cluster-nodes.ts";
import { writeImageArchive } from "./image-archive.ts";
import { LOOKING, leftOn } from "./look-around.ts";

const programs = kubernetes("kubelet");
const parts = programs.missing ? [] : [await switchPart(), await debianPackages(RELEASED_PACKAGES)];

/** An example of `deploy/roles`, as far as it is changed here. */
interface Example {
	readonly slots: readonly object[];
	readonly roles: Readonly<Record<string, Role>>;
}
interface Role {
	readonly artifacts: readonly object[];
	readonly files: readonly { readonly path: string; readonly content: string }[];
	readonly units: readonly { readonly name: string }[];
}

/** The images that the example and containerd name, of busybox: a site without internet brings them itself. */
async function images(folder: string): Promise<string> {
	const tree = join(folder, "busybox");
	await unpackPackages({ names: ["busybox-static"], beside: "nothing" }, tree, LAB_CACHE);
	await mkdir(join(tree, "www"));
	await writeFile(join(tree, "www/healthz"), "ok\n");
	const entry = (script: string) => ["/bin/busybox", "sh", "-c", script, "sh"];
	const file = join(folder, "images.tar");
	const web = entry("exec /bin/busybox httpd -f -p 8080 -h /www");
	const pause = entry("exec /bin/busybox sleep 1000000000");
	await writeImageArchive(
		file,
		[
			{ reference: "registry.k8s.io/e2e-test-images/agnhost:2.53", tree, entrypoint: web },
			{ reference: "registry.k8s.io/pause:3.6", tree, entrypoint: pause },
		],
		join(folder, "archive"),
	);
	return file;
}

/** The example with a unit that imports its images, and as an older hierarchy of cgroups needs it where the machine has that. */
function withImages({ artifacts, files, units, ...rest }: Role, cgroups: 1 | 2): Role {
	const content = `[Unit]\nAfter=containerd.service\n[Service]\nType=oneshot\nRemainAfterExit=yes
ExecStart=/opt/rollcall/bin/ctr -n k8s.io images import /opt/rollcall/images.tar\n`;
	const old = (text: string) =>
		text
			.replace("SystemdCgroup = true", "SystemdCgroup = false")
			.replace("cgroupDriver: systemd", "cgroupDriver: cgroupfs\nfailCgroupV1: false");
	const unit = { path: "/run/systemd/system/site-images.service", mode: "0644", content };
	const image = { path: "/opt/rollcall/images.tar", mode: "0600", asset: "images.tar" };
	return {
		...rest,
		artifacts: [...artifacts.filter((one) => !JSON.stringify(one).includes("arm64")), image],
		files: [...files.map((file) => (cgroups === 1 ? { ...file, content: old(file.content) } : file)), unit],
		units: units.flatMap((one) =>
			one.name === "bare-kubelet.service" ? [{ name: "site-images.service" }, one] : [one],
		),
	};
}

async function become({ view }: Room, machine: LabMachine, role: string) {
	return await eventually(
		`the machine to be ready as ${role}`,
		async () => {
			const seen = await view(machine);
			if (seen?.machine.role === role && seen.machine.phase === "ready") return seen;
			throw new Error(JSON.stringify([seen?.machine.phase, seen?.machine.reason, seen?.machine.health]));
		},
		READY_MS,
		2_000,
	);
}

testNeeding(programs, ...parts)(
	"the bare kubelet of deploy/roles runs its pod on a machine that has nothing to run containers with, and nothing of it runs when the role goes",
	async (t) => {
		t.timeout(stretched(2 * READY_MS));
		const room = await openRoom(t, { name: "bare-kubelet", memoryMiB: [2560] });
		const [releases, own] = [join(room.folder, "releases"), join(room.folder, "own")];
		for (const one of [releases, own]) await mkdir(one);
		const [kubectl, crictl] = [await standInFor("kubectl", own), await standInFor("crictl", own)];
		const kubelet = join(process.env.KUBE_BIN ?? "", "kubelet");
		await writeReleases(releases, VERSION, { kubelet, kubectl, crictl });
		await room.fetched(VERSION, releases);
		await room.added("images.tar", await images(room.folder));
		const approval = { rules: [{ name: "lab", selector: {} }] };
		const example = parse(await readFile(join(repository, "deploy/roles/bare-kubelet.yaml"), "utf8")) as Example;
		const role = example.roles["bare-kubelet"] as Role;
		const looking = {
			...example,
			approval,
			roles: { looking: LOOKING },
			slots: [{ name: "a", role: "looking", count: 1 }],
		};
		await room.declare(looking);
		const [machine] = room.machines as [LabMachine];
		machine.powerOn();
		const { facts } = await become(room, machine, "looking");
		const roles = { "bare-kubelet": withImages(role, facts?.cgroupVersion ?? 2) };
		await room.declare({ ...example, approval, roles });
		await become(room, machine, "bare-kubelet");
		await eventually(
			"kubelet and its pod to be well",
			async () => {
				const health = (await room.view(machine))?.machine.health ?? [];
				const well = health.filter(({ healthy }) => healthy).map(({ component }) => component);
				if (well.join() === "kubelet,web") return true;
				throw new Error(JSON.stringify(health));
			},
			READY_MS,
			2_000,
		);
		await room.declare(looking);
		await become(room, machine, "looking");
		const left = await leftOn(room, machine, 2);
		t.deepEqual(
			left.filter((what) => !what.startsWith("in containerd's folder")).toSorted(),
			["link eth0", "link lo", "program rollcall-agent", "that is all"],
			left.join("\n"),
		);
	},
);
