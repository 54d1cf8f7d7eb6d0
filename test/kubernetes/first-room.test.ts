import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { flatcarFiles } from "@rollcall/coordinator/command-line";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianPackages, kubernetes, ROOT } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { makeBridge } from "../lab/bridge.ts";
import { labParts } from "../lab/lab.ts";
import { LabMachine } from "../lab/machine.ts";
import { switchPart } from "../lab/part.ts";
import { RELEASED_PACKAGES } from "../lab/releases/makers.ts";
import { pageCommands } from "../support/page-commands.ts";
import { PAGE_PACKAGES, runPage } from "../support/page-script.ts";
import { agentBinary, repository } from "../support/places.ts";
import { publish } from "../support/published.ts";
import { writeBrought } from "./brought-files.ts";
import { NODE_PROGRAMS } from "./node-images.ts";

const PAGE = readFileSync(join(repository, "docs/first-room.md"), "utf8");
const programs = kubernetes(...NODE_PROGRAMS, "kubelet", "coredns");
const parts = programs.missing
	? []
	: [await switchPart(), await debianPackages(PAGE_PACKAGES), await debianPackages(RELEASED_PACKAGES)];
/** MiB: of a control plane, and of two workers. */
const MEMORY = [6144, 3072, 3072] as const;
/** Emulated machines on a busy computer. */
const ROOM_MS = 1_800_000;
/** The part of the room that is no machine of rollcall's: whoever is asked for names, and passes packets on. */
const ROUTER = "192.0.2.254";

/** What a person does between two commands: switches machines on, and reads their names in the list. */
const LISTED = `echo '--- power'
until rollcall machines >/root/list && [ "$(grep -c ' waiting ' /root/list)" = ${MEMORY.length} ]; do sleep 2; done
MACHINES=$(awk '/ waiting / { print $1 }' /root/list)`;

testNeeding(
	ROOT,
	programs,
	...parts,
)(
	"the page's commands lead from nothing to a cluster in which `rollcall check` finds no fault, with machines that wait to be let in",
	async (t) => {
		t.timeout(stretched(ROOM_MS));
		const { emulator, image } = await labParts(() => {}, { runtime: "brought" });
		const bridge = makeBridge(t, MEMORY.length);
		const folder = ownFolder(t, "rollcall-page-room-");
		const router = bridge.otherHost(ROUTER);
		const document = { apiVersion: "rollcall/v1", kind: "Cluster", name: "room", kubernetes: { version: "1.36.2" } };
		const slots = ["control-plane", "worker"].map((role) => ({ name: role, role, count: 1 }));
		const bin = process.env.KUBE_BIN ?? "";
		const brought = await writeBrought(t, { programs: bin, folder, document: { ...document, slots } });
		// The lab's system stands in for Flatcar, under Flatcar's names.
		for (const file of flatcarFiles("stable", "4230.2.4", "x64"))
			publish(brought.releases, file, readFileSync(file.name.endsWith("vmlinuz") ? image.kernel : image.initrd));
		const archives = brought.archives.map(({ file, ...archive }) => {
			const bytes = readFileSync(file);
			const sha256 = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
			const urls = [`http://${bridge.address}:7480/assets/room/${archive.name}.tar`];
			return { ...archive, sha256, sizeBytes: bytes.length, urls };
		});
		const images = `images: ${JSON.stringify({ archives, overrides: brought.overrides })}`;
		const added = brought.archives.map(({ name, file }) => `rollcall assets add room/${name}.tar ${file}`);
		const commands = pageCommands(PAGE).filter(
			({ way }) => way === undefined || way === "flatcar" || way === "dhcp-none",
		);
		const page = await runPage(t, {
			onHost: bridge.onHost,
			commands: commands.flatMap(({ text }) => {
				// A site without internet brings images, too.
				if (text.startsWith("rollcall assets fetch kubernetes")) return [text, { lines: added.join("\n") }];
				if (text.startsWith("rollcall apply"))
					return [{ lines: `echo '${images}' >>/etc/rollcall/cluster.yaml` }, text];
				if (text === "rollcall approve MACHINE...") return [{ lines: LISTED }, "rollcall approve $MACHINES"];
				return [text];
			}),
			releases: brought.releases,
			agent: agentBinary,
			before: [
				"ip route add default dev lan",
				// It knows one name of the internet.
				`ip netns exec "$ROUTER" $DHCP -C /dev/null --no-resolv --no-hosts --address=/registry.k8s.io/${ROUTER} >/dev/null 2>&1 &`,
			],
			environment: { ROUTER: router.at(-1) ?? "" },
		});
		const machines = MEMORY.map((memoryMiB, index) => {
			const machine = new LabMachine({
				...{ name: `page-${index + 1}`, folder, emulator, memoryMiB, processors: 2 },
				nic: (mac) => bridge.nic(mac, index),
				startedBy: bridge.onHost,
			});
			t.teardown(() => machine.cutPower());
			return machine;
		});
		const told = async () => {
			const consoles = await Promise.all(machines.map((machine) => machine.consoleTail(10)));
			return [page.output(), ...consoles].join("\n---\n");
		};
		const isOver = () => page.child.exitCode !== null;
		await eventually("the machines' turn", () => page.output().includes("--- power") || isOver(), 600_000);
		for (const machine of machines) machine.powerOn();
		await eventually("the page's last command to end", isOver, ROOM_MS, 1_000).catch(async (error: unknown) => {
			throw new Error(await told(), { cause: error });
		});
		t.is(page.child.exitCode, 0, await told());
		const [, checked = ""] = page.output().split("--- rollcall check\n");
		const [, last = ""] = /^Its last line is `([^`]+)`/m.exec(PAGE) ?? [];
		t.is(checked.trim().split("\n").at(-1), last);
		t.notRegex(checked, /^(?:fail|warn)/m, checked);
		for (const line of checked.trim().split("\n")) t.log(line);
	},
);
