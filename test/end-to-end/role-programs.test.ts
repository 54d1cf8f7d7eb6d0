import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { type Lan, makeLan } from "@rollcall/test-support/lan";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianFolders, debianPackages, namespaces, ROOT } from "@rollcall/test-support/part";
import { commandLine, descendantsOf } from "@rollcall/test-support/process-table";
import { run } from "@rollcall/test-support/running";
import type { ExecutionContext } from "ava";
import { writeAgentProgram } from "../support/boot.ts";
import { newOperator } from "../support/cli.ts";
import { asAdmin, startCoordinator } from "../support/coordinator.ts";
import { allReady, startMachine, type TestMachine } from "../support/machine.ts";
import { repository } from "../support/places.ts";

const execute = promisify(execFile);
/** What Docker publishes as one archive, of Debian's packages. */
const PROGRAMS = ["docker", "dockerd", "docker-proxy", "containerd", "containerd-shim-runc-v2", "runc"];
/** What they need of the system: libraries, and the iptables that dockerd calls. */
const SYSTEM = [
	...["iptables", "libip4tc2", "libip6tc2", "libxtables12", "libnetfilter-conntrack3", "libnfnetlink0", "libnftnl11"],
	...["libmnl0", "libdevmapper1.02.1", "libseccomp2"],
];
const PACKAGES = ["docker.io", "containerd", "runc", ...SYSTEM];
const DEBIAN = await debianPackages(PACKAGES);
/** Debian 13 has the command apart. */
const CLIENT =
	DEBIAN.missing || existsSync(join((await debianFolders(PACKAGES))[0] ?? "", "usr/bin/docker")) ? [] : ["docker-cli"];
const APPROVAL = "approval: { rules: [{ name: all, selector: { rehearsal: true } }] }\n";
/** The same cluster, with a seat that no rehearsal takes. */
const WITHOUT_ROLE = `apiVersion: rollcall/v1
kind: Cluster
name: swarm
kubernetes: { version: "1.36" }
slots: [{ name: nobody, role: worker, count: 1, selector: { rehearsal: false } }]
${APPROVAL}`;
const ASSET = "docker/27.5.1/x86_64.tgz";

/** A folder as Docker's archive has it, the archive, and a system's own programs in `system`. */
async function debian(t: ExecutionContext) {
	const folder = ownFolder(t, "rollcall-docker-");
	const folders = await debianFolders([...PACKAGES, ...CLIENT]);
	const at = (path: string) => folders.map((one) => join(one, path)).find((one) => existsSync(one));
	const [programs, system] = [join(folder, "docker"), join(folder, "system")];
	for (const one of [programs, system]) mkdirSync(one);
	for (const name of PROGRAMS)
		symlinkSync(at(`usr/bin/${name}`) ?? at(`usr/sbin/${name}`) ?? name, join(programs, name));
	for (const name of ["iptables", "ip6tables"].flatMap((one) => [one, `${one}-save`, `${one}-restore`]))
		symlinkSync(at("usr/sbin/xtables-nft-multi") ?? name, join(system, name));
	const archive = join(folder, "docker.tar");
	await execute("tar", ["-C", folder, "--dereference", "-cf", archive, "docker"]);
	const libraries = folders.flatMap((path) => ["usr/lib", "lib"].map((lib) => join(path, lib)));
	const environment = {
		// containerd writes there what it does when it is asked in vain for too long.
		TMPDIR: folder,
		LD_LIBRARY_PATH: libraries.map((path) => join(path, "x86_64-linux-gnu")).join(":"),
		XTABLES_LIBDIR: at("usr/lib/x86_64-linux-gnu/xtables") ?? "",
	};
	return { folder, programs, system, archive, environment };
}
type Debian = Awaited<ReturnType<typeof debian>>;

/**
 * In a mount namespace of its own: brings two folders and the system's programs to the places that programs know, and keeps to itself what they write
 * into `/etc`.
 */
const PLACES = `mount -t tmpfs etc "$4" && mkdir "$4/up" "$4/work" && mount -t overlay -o "lowerdir=/etc,upperdir=$4/up,workdir=$4/work" etc /etc &&
mount --rbind "$1" /run && mount --bind "$2" /opt && mount --bind "$3" /usr/local/bin`;
const space = (words: readonly string[]): string => `--net=/run/netns/${words.at(-1)}`;

/** The manager of a swarm, on the LAN's server. Gives the words that ask it. */
async function startManager(t: ExecutionContext, lan: Lan, parts: Debian) {
	const [at, opt, etc] = ["run", "opt", "etc"].map((name) => join(parts.folder, "manager", name)) as [
		string,
		string,
		string,
	];
	for (const one of [at, opt, etc]) mkdirSync(one, { recursive: true });
	const places = ["sh", "-c", `${PLACES} && shift 4 && exec "$@"`, "sh", at, opt, parts.system, etc];
	const words = ["unshare", "--mount", ...places, join(parts.programs, "dockerd"), "--data-root=/opt/docker"];
	const path = `${parts.programs}:${process.env.PATH}:/usr/sbin:/sbin`;
	const manager = run("nsenter", [space(lan.onServer), ...words], { ...parts.environment, PATH: path });
	t.teardown(() => manager.end());
	const ask = async (...more: string[]): Promise<string> => {
		const asked = [`--host=unix://${at}/docker.sock`, ...more];
		return (await execute(join(parts.programs, "docker"), asked)).stdout.trim();
	};
	await eventually("a manager", () =>
		ask("info").catch(() => Promise.reject(new Error(manager.output().slice(-2000)))),
	);
	await ask("swarm", "init", `--advertise-addr=${lan.serverAddress}`);
	return { ask, token: await ask("swarm", "join-token", "-q", "worker") };
}

/** What a rehearsal lacks of a machine: its files are where programs look for them, and dockerd has a network of its own, with this address. */
async function makeReal(machine: TestMachine, lan: Lan, parts: Debian, address: string): Promise<void> {
	const { root } = machine;
	const network = lan.onClient.at(-1) ?? "";
	await execute("ip", ["-n", network, "address", "add", `${address}/32`, "dev", "lan"]);
	const file = (path: string, text: string, mode = 0o644) => {
		mkdirSync(join(root, path, ".."), { recursive: true });
		writeFileSync(join(root, path), text, { mode });
	};
	file(`run/netns/${network}`, "");
	mkdirSync(join(root, "opt"), { recursive: true });
	const set = Object.entries(parts.environment).map(([name, value]) => `Environment=${name}=${value}`);
	file("etc/systemd/system/rollcall-dockerd.service.d/debian.conf", `[Service]\n${set.join("\n")}\n`);
	file("usr/bin/env", `#!/bin/sh\nexec nsenter ${space(lan.onClient)} /usr/bin/env "$@"\n`, 0o755);
	const etc = join(parts.folder, "etc");
	mkdirSync(etc);
	const mounts = `mount --bind /run/netns/${network} "$1/netns/${network}" && ${PLACES}`;
	const words = ["sh", join(root, "run"), join(root, "opt"), parts.system, etc];
	await execute("nsenter", ["--mount", "--target", String(machine.agentPid()), "sh", "-c", mounts, ...words]);
}

testNeeding(
	ROOT,
	namespaces(),
	DEBIAN,
	await debianPackages(CLIENT),
)(
	"the worker of a swarm of deploy/roles runs Docker's programs, joins, and leaves nothing when the role goes",
	async (t) => {
		const parts = await debian(t);
		const lan = makeLan(t);
		const manager = await startManager(t, lan, parts);
		const { file: agent } = writeAgentProgram(parts.folder);
		const coordinator = await startCoordinator(t, {
			document: WITHOUT_ROLE,
			boot: { port: await freePort(), agent },
		});
		const operator = newOperator(t);
		const added = await operator.rollcall(...asAdmin(coordinator), "assets", "add", ASSET, parts.archive);
		t.is(added.code, 0, added.stderr);
		const machine = await startMachine(t, coordinator, {
			...{ name: "swarm", memory: "8GiB", before: ["unshare", "--mount"] },
		});
		const address = await eventually("the machine's address", async () => (await coordinator.machines())[0]?.address);
		await makeReal(machine, lan, parts, address);

		const example = readFileSync(join(repository, "deploy/roles/swarm-worker.yaml"), "utf8")
			.replace("SWMTKN-1-put-the-token-of-your-swarm-here", manager.token)
			.replace("192.0.2.10:2377", `${lan.serverAddress}:2377`);
		await coordinator.call("PUT", "/v1/cluster", { text: example + APPROVAL });
		const [view] = await allReady(coordinator, 1, 180_000);
		t.deepEqual(
			view?.health.map(({ component, healthy }) => [component, healthy]),
			[
				["docker", true],
				["member", true],
			],
		);
		const nodes = await eventually("two nodes that are ready", async () => {
			const text = await manager.ask("node", "ls", "--format", "{{.ManagerStatus}}{{.Status}}");
			return text.split("\n").every((node) => node.endsWith("Ready")) ? text : undefined;
		});
		t.deepEqual(nodes.split("\n").toSorted(), ["LeaderReady", "Ready"]);
		const dockerd = () =>
			descendantsOf(machine.process.child.pid ?? -1).filter((pid) => /^dockerd /.test(commandLine(pid)));
		t.is(dockerd().length, 1);

		await coordinator.call("PUT", "/v1/cluster", { text: WITHOUT_ROLE });
		await eventually("an empty machine", () => !existsSync(join(machine.root, "opt/rollcall/bin/dockerd")));
		await eventually("the end of dockerd", () => dockerd().length === 0);
		t.false(existsSync(join(machine.root, "etc/rollcall/role/join-swarm")), "the token of the swarm stays");
		const certificates = join(machine.root, "opt/rollcall/docker/swarm/certificates");
		t.deepEqual(existsSync(certificates) ? readdirSync(certificates) : [], [], "its key stays");
	},
);
