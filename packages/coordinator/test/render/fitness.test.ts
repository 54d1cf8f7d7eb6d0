import { type Facts, Facts as FactsSchema } from "@rollcall/protocol";
import test from "ava";
import { sameFacts } from "../../src/domain/facts.ts";
import { programSources } from "../../src/render/programs.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { documentOf, fleetOf, labFacts } from "./fleet-of.ts";
import { readTree } from "./node-tree.ts";

const MI = 2 ** 20;
const SHA = `sha256:${"a".repeat(64)}`;

function render(changed: Partial<Facts>, more = "", role = "worker", rest = "") {
	const kubernetes = more.includes("podNetwork") ? more : `, podNetwork: flannel${more}`;
	const text = `apiVersion: rollcall/v1\nkind: Cluster\nname: lab\nkubernetes: { version: "1.36"${kubernetes} }\n${rest}slots:\n  - { name: s, role: ${role}, count: 1 }\nvolumes: {}\n`;
	const { fleet, seated } = fleetOf(documentOf(text), [labFacts(0, changed)]);
	const [place] = seated;
	if (!place) throw new Error("no seat");
	return renderTarget(fleet, place.machine, place.seat);
}
const reasonOf = (...words: Parameters<typeof render>) => {
	const rendered = render(...words);
	return rendered.ok ? "it was rendered" : rendered.reason;
};
const treeOf = (...words: Parameters<typeof render>) => {
	const rendered = render(...words);
	if (!rendered.ok) throw new Error(rendered.reason);
	return readTree(rendered.content);
};
const memory = (changed: Partial<Facts["memory"]>) => ({ memory: { ...labFacts(0).memory, ...changed } });

const own = (...paths: string[]) => paths.map((path) => ({ name: path.slice(path.lastIndexOf("/") + 1), path }));
const PROGRAMS = own("/usr/bin/containerd", "/usr/bin/runc", "/usr/bin/kubelet");
const PLUGINS = own(...["loopback", "bridge", "host-local", "portmap"].map((name) => `/opt/cni/bin/${name}`));
const MODULES = ["overlay", "br_netfilter", "vxlan", "nf_conntrack"];
const artifact = (path: string) =>
	`{ path: ${path}, mode: "0755", sha256: "${SHA}", sizeBytes: 1, urls: ["http://192.0.2.1/x"] }`;

test("a machine that has what its target calls gets it, and so does one of which nobody knows", (t) => {
	t.is(reasonOf({ programs: [...PROGRAMS, ...PLUGINS], modules: MODULES }), "it was rendered");
	t.is(reasonOf({}), "it was rendered");
});

test("what a machine lacks is named before anything is written, unless an artifact brings it", (t) => {
	const programs = [...own("/usr/bin/containerd"), ...PLUGINS.slice(0, 2)];
	t.is(
		reasonOf({ programs, modules: ["overlay", "vxlan", "nf_conntrack"] }),
		"the machine lacks runc, kubelet, the CNI plugins host-local, portmap in /opt/cni/bin, the kernel module br_netfilter, which the role worker needs; bring programs as kubernetes.artifacts, or boot a system that has them",
	);
	const paths = [
		"/opt/rollcall/bin/runc",
		"/opt/rollcall/bin/kubelet",
		"/opt/cni/bin/host-local",
		"/opt/cni/bin/portmap",
	];
	const brought = `, artifacts: [${paths.map(artifact).join(", ")}]`;
	t.is(reasonOf({ programs, modules: MODULES }, brought), "it was rendered");
	const { text } = treeOf({ programs }, brought);
	t.regex(text("/etc/containerd/config.toml"), /BinaryName = "\/opt\/rollcall\/bin\/runc"/);
	t.regex(text("/run/systemd/system/kubelet.service"), /ExecStart=\/opt\/rollcall\/bin\/kubelet /);
	t.is(reasonOf({ programs: PROGRAMS }, "", "etcd"), "it was rendered");
	t.is(reasonOf({ programs: PROGRAMS }, ", podNetwork: none"), "it was rendered");
	t.regex(reasonOf({ programs: PROGRAMS, modules: MODULES }, ", proxyMode: ipvs"), /the kernel module ip_vs,/);
	const archive = `images: { archives: [{ name: site, sha256: "${SHA}", sizeBytes: 1, urls: ["http://192.0.2.1/x"] }] }\n`;
	t.regex(reasonOf({ programs: [...PROGRAMS, ...PLUGINS] }, "", "worker", archive), /lacks ctr, which/);
});

test("a machine of another architecture than the plugins that Calico leaves to artifacts is refused by them, since nothing brings them there", (t) => {
	const calico = (...arch: string[]) => {
		const entries = arch.map((of) =>
			["portmap", "tuning"].map((name) =>
				artifact(`/opt/cni/bin/${name}`).replace("{", `{ arch: ${of}, when: lacking,`),
			),
		);
		return `, podNetwork: calico, artifacts: [${entries.flat().join(", ")}]`;
	};
	const machine = (arch: Facts["cpu"]["arch"]) => ({
		...{ programs: PROGRAMS, modules: [...MODULES, "xt_set", "ip_set"] },
		cpu: { ...labFacts(0).cpu, arch },
	});
	t.is(reasonOf(machine("x64"), calico("x64")), "it was rendered");
	t.regex(
		reasonOf(machine("arm64"), calico("x64")),
		/^the machine lacks the CNI plugins portmap in \/opt\/cni\/bin, which the role worker needs; bring/,
	);
	t.is(reasonOf(machine("arm64"), calico("x64", "arm64")), "it was rendered");
	t.is(reasonOf(machine("arm64"), calico()), "it was rendered");
});

test("a kubelet of the system counts only in a version that the cluster takes, else one is brought, or the machine is refused by it", (t) => {
	const having = (version?: string) => ({
		programs: [
			...PROGRAMS.slice(0, 2),
			{ name: "kubelet", path: "/usr/bin/kubelet", ...(version ? { version } : {}) },
			...PLUGINS,
		],
		modules: MODULES,
	});
	for (const fits of ["1.36.9", "1.35.0", "1.33.4", undefined, "strange"])
		t.is(reasonOf(having(fits)), "it was rendered");
	for (const old of ["1.32.1", "1.37.0"])
		t.regex(
			reasonOf(having(old)),
			new RegExp(
				`^the machine lacks kubelet \\(its own ${old} is not of 1\\.33 to 1\\.36, which Kubernetes 1\\.36 takes\\), which`,
			),
		);
	const lacking = `, artifacts: [${artifact("/opt/rollcall/bin/kubelet").replace("{", "{ when: lacking,")}]`;
	const unit = (version: string) => treeOf(having(version), lacking).text("/run/systemd/system/kubelet.service");
	t.regex(unit("1.36.2"), /ExecStart=\/usr\/bin\/kubelet /);
	t.regex(unit("1.32.1"), /ExecStart=\/opt\/rollcall\/bin\/kubelet /);
	const sources = (version: string) => {
		const { document } = {
			document: documentOf(
				`apiVersion: rollcall/v1\nkind: Cluster\nname: lab\nkubernetes: { version: "1.36"${lacking} }\nslots:\n  - { name: s, role: worker, count: 1 }\nvolumes: {}\n`,
			),
		};
		return programSources("worker", document, labFacts(0, having(version))).find(({ name }) => name === "kubelet")
			?.from;
	};
	t.deepEqual([sources("1.36.2"), sources("1.32.1")], ["system", "coordinator"]);
});

test("programs are called where the machine has them", (t) => {
	const programs = [...own("/usr/local/bin/containerd", "/usr/local/sbin/runc", "/opt/bin/kubelet"), ...PLUGINS];
	const { text } = treeOf({ programs });
	t.regex(text("/run/systemd/system/containerd.service"), /ExecStart=\/usr\/local\/bin\/containerd /);
	t.regex(text("/run/systemd/system/kubelet.service"), /ExecStart=\/opt\/bin\/kubelet /);
	t.notRegex(text("/etc/containerd/config.toml"), /BinaryName/);
});

test("a machine with swap is refused with its size and kind, unless the document takes it as it is", (t) => {
	const swap = memory({ swapBytes: 2048 * MI, zramBytes: 1024 * MI });
	t.regex(reasonOf(swap), /has 2048 MiB of swap \(1024 MiB of it zram\).*failSwapOn: false/);
	t.regex(treeOf(swap, ", failSwapOn: false").text("/var/lib/kubelet/config.yaml"), /^failSwapOn: false$/m);
	t.notRegex(treeOf({}).text("/var/lib/kubelet/config.yaml"), /failSwapOn/);
});

test("a machine whose keys would lie on a disk is refused with the folders, unless the document allows it", (t) => {
	const outsideRam = ["/etc/kubernetes", "/etc/rollcall/role"];
	t.regex(reasonOf({ outsideRam }), /^\/etc\/kubernetes would lie on a disk or a file server.*onDisk: allow/);
	t.is(reasonOf({ outsideRam }, ", onDisk: allow"), "it was rendered");
	t.is(reasonOf({ outsideRam: [] }), "it was rendered");
});

test("what an operator's role keeps from others on a node lies in RAM, too, or the machine is refused with the folder", (t) => {
	const outsideRam = ["/etc/kubernetes", "/etc/rollcall/role"];
	const roles = (mode: string) =>
		`roles: { swarm: { files: [{ path: /etc/rollcall/role/join, mode: "${mode}", content: token }] } }\n`;
	t.regex(
		reasonOf({ outsideRam }, "", "swarm", roles("0600")),
		/^\/etc\/rollcall\/role would lie on a disk or a file server.*onDisk: allow/,
	);
	t.is(reasonOf({ outsideRam }, ", onDisk: allow", "swarm", roles("0600")), "it was rendered");
	t.is(reasonOf({ outsideRam }, "", "swarm", roles("0644")), "it was rendered");
	t.is(reasonOf({ outsideRam: [] }, "", "swarm", roles("0600")), "it was rendered");
});

test("RAM counts without huge pages, and with what the system really takes", (t) => {
	t.regex(
		reasonOf(memory({ hugePagesBytes: 7000 * MI })),
		/the machine has 1192 MiB besides 7000 MiB of huge pages \(operating system and agent 450 MiB/,
	);
	t.regex(
		reasonOf(memory({ totalBytes: 4096 * MI, systemBytes: 2048 * MI }), "", "control-plane"),
		/the machine has 4096 MiB \(operating system and agent 2048 MiB/,
	);
	t.is(reasonOf(memory({ totalBytes: 4096 * MI, systemBytes: 200 * MI }), "", "control-plane"), "it was rendered");
});

test("what is needed is never told as what the machine has", (t) => {
	const reason = reasonOf(memory({ totalBytes: 1 }), "", "worker");
	const needed = Number(/needs (\d+) MiB/.exec(reason)?.[1]);
	const short = reasonOf(memory({ totalBytes: needed * MI - 1 }), "", "worker");
	t.regex(short, new RegExp(`needs ${needed} MiB of RAM, the machine has ${needed - 1} MiB`));
});

test("files count in the tmpfs that holds them", (t) => {
	const room = (path: string, mebibytes: number, system = 0) => ({
		path,
		totalBytes: mebibytes * MI,
		freeBytes: mebibytes * MI,
		...(system > 0 ? { systemBytes: system * MI } : {}),
	});
	t.regex(
		reasonOf({ tmpfs: [room("/", 300), room("/run", 1024)] }),
		/^the role worker keeps \d+ MiB of files in the tmpfs \/, which has 300 MiB \(images .*boot the machine with a larger one$/,
	);
	t.regex(
		reasonOf({ tmpfs: [room("/", 1200, 1000)] }),
		/in the tmpfs \/, which has 1200 MiB, 1000 MiB of it taken by the operating system/,
	);
	t.is(reasonOf({ tmpfs: [room("/", 300), room("/var/lib", 2048)] }), "it was rendered");
	t.is(reasonOf({ tmpfs: [room("/run", 100)] }), "it was rendered");
	t.regex(
		reasonOf({ tmpfs: [room("/", 2048), room("/var/lib/containerd", 100)] }),
		/tmpfs \/var\/lib\/containerd, which has 100 MiB/,
	);
});

test("the programs of an operator's role count like those of Kubernetes, in RAM and in the tmpfs that gets them", (t) => {
	const entry = (arch: string) =>
		`{ path: /opt/rollcall/bin/x, mode: "0755", arch: ${arch}, sha256: "${SHA}", sizeBytes: ${900 * MI}, urls: ["http://192.0.2.1/x"] }`;
	const roles = (arch: string) => `roles: { big: { artifacts: [${entry(arch)}] } }\n`;
	const short = memory({ totalBytes: 1024 * MI, systemBytes: 200 * MI });
	t.regex(
		reasonOf(short, "", "big", roles("x64")),
		/^the role big needs 1100 MiB of RAM, the machine has 1024 MiB \(operating system and agent 200 MiB, .*fetched 900 MiB\)$/,
	);
	t.is(reasonOf(short, "", "big", roles("arm64")), "it was rendered");
	const packed = roles("x64")
		.replace(`${900 * MI}`, `${300 * MI}`)
		.replace("arch:", 'unpack: [{ member: x, path: /opt/rollcall/bin/y, mode: "0755" }], arch:');
	t.regex(reasonOf(short, "", "big", packed), /fetched 900 MiB\)$/, "an archive, and what is taken of it");
	t.is(reasonOf(memory({ totalBytes: 1200 * MI, systemBytes: 200 * MI }), "", "big", roles("x64")), "it was rendered");
	const tmpfs = [{ path: "/", totalBytes: 800 * MI, freeBytes: 800 * MI }];
	t.regex(
		reasonOf({ tmpfs }, "", "big", roles("x64")),
		/^the role big keeps 900 MiB of files in the tmpfs \/, which has 800/,
	);
});

test("facts of an agent that tells none of this are taken, and what changes all the time is no other machine", (t) => {
	const old = labFacts(0);
	t.true(FactsSchema.safeParse(old).success);
	const told = labFacts(0, { programs: PROGRAMS, modules: MODULES, ...memory({ swapBytes: 1 }) });
	t.false(sameFacts(old, told));
	const busy = {
		...told,
		memory: { ...told.memory, availableBytes: 1 },
		tmpfs: told.tmpfs.map((room) => ({ ...room, freeBytes: 7 })),
	};
	t.true(sameFacts(told, busy));
});

test("what is for lacking programs comes only where one is lacking, and what is of an architecture only there", (t) => {
	const entry = (path: string, more: string) =>
		`{ path: ${path}, mode: "0755", sha256: "${SHA}", sizeBytes: 1, urls: ["http://192.0.2.1/x"], ${more} }`;
	const kubernetes = `, artifacts: [${[
		entry("/opt/rollcall/bin/kubelet", "arch: x64, when: lacking"),
		entry("/opt/rollcall/bin/kubelet", "arch: arm64, when: lacking"),
		entry("/opt/rollcall/bin/runc", "when: lacking"),
		entry("/opt/cni/bin/bridge", "when: lacking"),
		entry("/opt/rollcall/bin/crictl", "asset: crictl/v1/amd64/crictl"),
	].join(", ")}]`;
	const base = { modules: MODULES, cpu: { count: 4, model: "", arch: "x64" as const } };
	const paths = (programs: Facts["programs"], arch: "x64" | "arm64" = "x64") => {
		const rendered = render({ ...base, programs, cpu: { ...base.cpu, arch } }, kubernetes);
		if (!rendered.ok) throw new Error(rendered.reason);
		t.true(rendered.content.artifacts.every((one) => !("asset" in one) && !("arch" in one) && !("when" in one)));
		return rendered.content.artifacts.map(({ path }) => path);
	};
	const always = ["/opt/cni/bin/bridge", "/opt/rollcall/bin/crictl"];
	t.deepEqual(paths([...PROGRAMS, ...PLUGINS]), always);
	for (const arch of ["x64", "arm64"] as const)
		t.deepEqual(paths([...own("/usr/bin/containerd"), ...PLUGINS], arch), [
			"/opt/rollcall/bin/kubelet",
			"/opt/rollcall/bin/runc",
			...always,
		]);
	const unit = (programs: Facts["programs"]) => {
		const rendered = render({ ...base, programs }, kubernetes);
		return rendered.ok ? rendered.content.files.find(({ path }) => path.endsWith("kubelet.service"))?.content : "";
	};
	t.regex(unit([...PROGRAMS, ...PLUGINS]) ?? "", /ExecStart=\/usr\/bin\/kubelet /);
	t.regex(unit([...own("/usr/bin/containerd"), ...PLUGINS]) ?? "", /ExecStart=\/opt\/rollcall\/bin\/kubelet /);
});

test("each program of a role is told with its place and who brings it: the coordinator, or the operating system", (t) => {
	const kubelet = "/opt/rollcall/bin/kubelet";
	const entry = artifact(kubelet).replace(" }", ", when: lacking }");
	const rest = `roles: { kiosk: { artifacts: [${artifact("/opt/rollcall/bin/kiosk")}] }, bare: {} }\n`;
	const text = `apiVersion: rollcall/v1\nkind: Cluster\nname: lab\nkubernetes: { version: "1.36", podNetwork: flannel, artifacts: [${entry}] }\n${rest}slots:\n  - { name: s, role: worker, count: 1 }\n  - { name: k, role: kiosk, count: 1 }\nvolumes: {}\n`;
	const told = (role: string, facts: Partial<Facts>) =>
		programSources(role, documentOf(text), labFacts(0, facts)).map(({ from, path }) => `${from} ${path}`);
	const plugins = PLUGINS.map(({ path }) => `system ${path}`);
	const programs = [...own("/opt/bin/containerd", "/usr/bin/runc", "/usr/sbin/conntrack"), ...PLUGINS];
	const others = ["system /opt/bin/containerd", "system /usr/bin/runc"];
	t.deepEqual(told("worker", { programs }), [`coordinator ${kubelet}`, ...others, ...plugins]);
	const all = [...programs, ...own("/usr/bin/kubelet")];
	t.deepEqual(told("worker", { programs: all }), [...others, "system /usr/bin/kubelet", ...plugins]);
	t.deepEqual(told("worker", {}), [`coordinator ${kubelet}`]);
	t.deepEqual(told("kiosk", { programs: all }), ["coordinator /opt/rollcall/bin/kiosk"]);
	t.deepEqual(told("bare", { programs: all }), []);
	const always = documentOf(text.replace(", when: lacking", ""));
	const kubelets = programSources("worker", always, labFacts(0, { programs: all })).filter(
		({ name }) => name === "kubelet",
	);
	t.deepEqual(kubelets, [{ name: "kubelet", path: kubelet, from: "coordinator" }], "what is brought is what runs");
});
