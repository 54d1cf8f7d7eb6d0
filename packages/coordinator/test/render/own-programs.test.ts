import test from "ava";
import { programsOf } from "../../src/domain/targets/programs.ts";
import { programSources } from "../../src/render/programs.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { KNOWN_VERSIONS } from "../../src/render/versions.ts";
import { documentOf, fleetOf, labFacts } from "./fleet-of.ts";
import { readTree } from "./node-tree.ts";

const SHIM = "containerd-shim-runc-v2";

/** A worker whose system has these versions of its programs, with an archive for what it lacks. */
function worker(
	versions: Readonly<Record<string, string>>,
	brings = false,
	kubernetes = "1.36",
	{ brought = ["containerd", SHIM, "ctr", "runc"], sum = "a" } = {},
) {
	const members = brought.map((name) => `{ member: ${name}, path: /opt/rollcall/bin/${name}, mode: "0755" }`);
	const archive = `{ path: /opt/rollcall/archives/c, mode: "0600", when: lacking, sha256: "sha256:${sum.repeat(64)}", sizeBytes: 1, urls: ["http://192.0.2.1/x"], unpack: [${members.join()}] }`;
	const document = documentOf(
		`apiVersion: rollcall/v1\nkind: Cluster\nname: lab\nkubernetes: { version: "${kubernetes}", podNetwork: none, artifacts: [${brings ? archive : ""}] }\nslots:\n  - { name: s, role: worker, count: 1 }\nvolumes: {}\n`,
	);
	const all = { containerd: "2.3.4", [SHIM]: "2.3.4", ctr: "2.3.4", runc: "1.4.3", kubelet: kubernetes, ...versions };
	const programs = Object.entries(all).map(([name, version]) => ({ name, path: `/usr/bin/${name}`, version }));
	const facts = labFacts(0, { programs });
	const { fleet, seated } = fleetOf(document, [facts]);
	const [place] = seated;
	if (!place) throw new Error("no seat");
	const rendered = renderTarget(fleet, place.machine, place.seat);
	return { rendered, sources: programSources("worker", document, facts) };
}

/** Why the machine is refused; nothing where it gets its target. */
function refusal(...words: Parameters<typeof worker>): string {
	const { rendered } = worker(...words);
	return rendered.ok ? "" : (/\((its own [^)]*)\)/.exec(rendered.reason)?.[1] ?? rendered.reason);
}

test("a containerd and a runc of the system count in the versions that kubelet works with, whatever a distribution adds", (t) => {
	for (const kubernetes of KNOWN_VERSIONS) {
		for (const containerd of ["1.6.15", "1.6.20~ds1", "1.7.24~ds1", "1.7", "2.0.0-rc.1", "2.3.4", "10.0.0", "strange"])
			t.is(refusal({ containerd }, false, kubernetes), "");
		for (const containerd of ["1.6.14", "1.6.15-rc.1", "1.4.13~ds1", "1.5.18", "0.2.9"])
			t.is(
				refusal({ containerd }, false, kubernetes),
				`its own ${containerd} is older than 1.6.15, which Kubernetes ${kubernetes} needs`,
			);
		for (const runc of ["1.0.0", "1.0.3+ds1", "1.1.5+ds1", "1.1.15+ds1", "1.4.3"])
			t.is(refusal({ runc }, false, kubernetes), "");
		for (const runc of ["1.0.0~rc93+ds1", "1.0.0-rc10", "0.1.1"])
			t.is(
				refusal({ runc }, false, kubernetes),
				`its own ${runc} is older than 1.0.0, which Kubernetes ${kubernetes} needs`,
			);
	}
});

test("where the system's own is too old, what is brought runs, with its own shim, and it is told why", (t) => {
	const tree = (versions: Readonly<Record<string, string>>) => {
		const { rendered } = worker(versions, true);
		if (!rendered.ok) throw new Error(rendered.reason);
		return readTree(rendered.content).text("/run/systemd/system/containerd.service");
	};
	const fits = tree({});
	t.regex(fits, /^ExecStart=\/usr\/bin\/containerd /m);
	t.notRegex(fits, /PATH=/);
	const old = tree({ containerd: "1.4.13", [SHIM]: "1.4.13" });
	t.regex(old, /^ExecStart=\/opt\/rollcall\/bin\/containerd /m);
	t.regex(old, /^Environment=PATH=\/opt\/rollcall\/bin:\/usr\/local\/sbin:/m);
	const { sources } = worker({ runc: "0.1.1" }, true);
	t.deepEqual(
		sources.filter(({ name }) => name === "runc" || name === "ctr"),
		[
			{ name: "ctr", path: "/opt/rollcall/bin/ctr", from: "coordinator" },
			{
				...{ name: "runc", path: "/opt/rollcall/bin/runc", from: "coordinator" },
				instead: "its own 0.1.1 is older than 1.0.0, which Kubernetes 1.36 needs",
			},
		],
	);
});

test("a containerd and a kubelet that were brought start anew when others come in their place, and a control plane counts as running other programs", (t) => {
	const target = (sum: string) => {
		const { rendered } = worker({ containerd: "1.4.13" }, true, "1.36", {
			brought: ["containerd", "kubelet", "runc"],
			sum,
		});
		if (!rendered.ok) throw new Error(rendered.reason);
		return rendered.content;
	};
	const { units } = target("a");
	for (const name of ["containerd", "kubelet"]) {
		const starts = units.find((unit) => unit.name === `${name}.service`)?.restartOn ?? [];
		t.true(starts.includes(`/opt/rollcall/bin/${name}`), name);
		t.false(starts.includes("/opt/rollcall/bin/runc"), "containers that run need no other runc");
	}
	t.not(programsOf(target("a")), programsOf(target("b")));
	const own = worker({}).rendered;
	t.false(own.ok && own.content.units.some(({ restartOn }) => restartOn.some((path) => path.includes("/bin/"))));
});
