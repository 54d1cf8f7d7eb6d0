import { execFileSync } from "node:child_process";
import { testNeeding } from "@rollcall/test-support/needing";
import { namespaces, program, ROOT } from "@rollcall/test-support/part";
import test from "ava";
import { loginShell } from "../../src/render/login-shell.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { documentOf, fleetOf, labFacts } from "./fleet-of.ts";
import { shellScript } from "./unit-reader.ts";

const testReal = testNeeding(ROOT, namespaces(), program("systemd-tmpfiles"));

const shellOf = (...paths: string[]) => {
	const artifacts = paths.map(
		(path) =>
			`{ path: "${path}", mode: "0755", sha256: "sha256:${"0".repeat(64)}", sizeBytes: 1, urls: ["http://192.0.2.1/x"] }`,
	);
	const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36", artifacts: [${artifacts.join(", ")}] }
slots: [{ name: workers, role: worker, count: 1 }]
`);
	return loginShell({ document, facts: labFacts(0) });
};
const textOf = ({ files }: ReturnType<typeof shellOf>, path: string) =>
	files.find((file) => file.path === path)?.content ?? "";

/** What a login shell's PATH is behind the profile, where it was `before`. */
const pathBehind = (profile: string, before: string) =>
	execFileSync("/bin/sh", ["-c", `${profile}\nprintf %s "$PATH"`], { env: { PATH: before }, encoding: "utf8" });

test("a login shell finds the programs that were brought, behind the system's own, and once", (t) => {
	const shell = shellOf(
		"/opt/rollcall/bin/crictl",
		"/opt/rollcall/bin/kubectl",
		"/opt/rollcall/site/sbin/x",
		"/opt/cni/bin/bridge",
	);
	const profile = textOf(shell, "/opt/rollcall/login/profile.sh");
	const path = pathBehind(profile, "/usr/bin:/bin");
	t.is(path, "/usr/bin:/bin:/opt/rollcall/bin:/opt/rollcall/site/sbin");
	t.is(pathBehind(profile, path), path);
});

test("where nothing is brought that people call, PATH is left alone, and what is no plain path is left out", (t) => {
	for (const shell of [shellOf(), shellOf("/opt/cni/bin/bridge", "/opt/rollcall/$(id)/bin/x", "/opt/rollcall/notes")]) {
		t.is(textOf(shell, "/opt/rollcall/login/profile.sh"), "");
		t.false(textOf(shell, "/opt/rollcall/login/tmpfiles.conf").includes("profile"));
	}
});

const ROLE = (more = "") => `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
slots: [{ name: all, role: kiosk, count: rest }]
roles:
  kiosk:
    artifacts: [{ path: /opt/rollcall/bin/kiosk, mode: "0755", sha256: "sha256:${"0".repeat(64)}", sizeBytes: 1, urls: ["http://192.0.2.1/x"] }]
    units: [{ name: kiosk.service }${more}]
`;

/** The target of a machine with the role of such a document, whose system has these programs. */
const roleTarget = (text: string, own: readonly string[] = []) => {
	const programs = own.map((name) => ({ name, path: `/usr/bin/${name}` }));
	const { fleet, seated } = fleetOf(documentOf(text), [{ ...labFacts(0), programs }]);
	const [first] = seated;
	const rendered = first ? renderTarget(fleet, first.machine, first.seat) : undefined;
	if (!rendered?.ok) throw new Error(JSON.stringify(rendered));
	return rendered.content;
};
const shellFiles = ({ files }: { readonly files: readonly { readonly path: string }[] }) =>
	files.map(({ path }) => path).filter((path) => path.includes("login"));

test("a login shell finds the programs that an operator's role brings, before its units start", (t) => {
	const { files, units } = roleTarget(ROLE());
	t.deepEqual(
		units.map(({ name }) => name),
		["rollcall-login.service", "kiosk.service"],
	);
	const profile = files.find(({ path }) => path === "/opt/rollcall/login/profile.sh")?.content ?? "";
	t.is(pathBehind(profile, "/usr/bin:/bin"), "/usr/bin:/bin:/opt/rollcall/bin");
	t.deepEqual(shellFiles({ files }), [
		"/opt/rollcall/login/profile.sh",
		"/opt/rollcall/login/tmpfiles.conf",
		"/run/systemd/system/rollcall-login.service",
	]);
});

test("a role has nothing for login shells where the system has its programs, or where files or a unit of its own have these names", (t) => {
	const lacking = ROLE().replace("{ path:", "{ when: lacking, path:");
	const file = (path: string) => `${ROLE()}    files: [{ path: ${path}, mode: "0644", content: own }]\n`;
	const own = file("/opt/rollcall/login/profile.sh");
	t.deepEqual(shellFiles(roleTarget(lacking, ["kiosk"])), []);
	t.deepEqual(shellFiles(roleTarget(own)), ["/opt/rollcall/login/profile.sh"]);
	t.deepEqual(shellFiles(roleTarget(ROLE(", { name: rollcall-login.service }"))), []);
});

test("crictl is told where containerd listens", (t) => {
	t.is(
		textOf(shellOf(), "/opt/rollcall/login/crictl.yaml"),
		"runtime-endpoint: unix:///run/containerd/containerd.sock\nimage-endpoint: unix:///run/containerd/containerd.sock\n",
	);
});

/** `$1` puts the files there, `$2` is the unit's start, `$3` its stop; `$4` is what others had there before. */
const LIFE = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /etc
mount -t tmpfs tmpfs /opt
mkdir -p /etc/profile.d /opt/rollcall/login
eval "$1"; eval "$4"
sh -c "$2"; echo "up: $(cat /etc/crictl.yaml | head -1) $(ls /etc/profile.d)"
sh -c "$3"; echo "down: $(ls /etc /etc/profile.d | tr '\\n' ' ')"`;

const live = (before: string): string[] => {
	const { files } = shellOf("/opt/rollcall/bin/crictl");
	const put = files
		.filter(({ path }) => path.startsWith("/opt/"))
		.map(({ path, content }) => `cat > ${path} <<'END'\n${content}END\n`)
		.join("");
	const unit = files.find(({ path }) => path.endsWith("/rollcall-login.service"))?.content ?? "";
	const words = [put, shellScript(unit, "ExecStart"), shellScript(unit, "ExecStop"), before];
	return execFileSync("unshare", ["--mount", "sh", "-c", LIFE, "life", ...words], { encoding: "utf8" })
		.trim()
		.split("\n");
};

testReal("both are in /etc while a machine has its role, and gone with it", (t) => {
	t.deepEqual(live(""), [
		"up: runtime-endpoint: unix:///run/containerd/containerd.sock rollcall.sh",
		"down: /etc: profile.d  /etc/profile.d:",
	]);
});

testReal("a file that the system or the operator has there is neither replaced nor removed", (t) => {
	t.deepEqual(live("echo own > /etc/crictl.yaml; echo own > /etc/profile.d/rollcall.sh"), [
		"up: own rollcall.sh",
		"down: /etc: crictl.yaml profile.d  /etc/profile.d: rollcall.sh",
	]);
});
