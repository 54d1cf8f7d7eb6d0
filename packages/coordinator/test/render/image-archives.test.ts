import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { sha256Of } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ROOT } from "@rollcall/test-support/part";
import { tied } from "@rollcall/test-support/tied";
import test, { type ExecutionContext } from "ava";
import { tarArchive } from "../../src/adapters/boot/tar-archive.ts";
import type { Rendered } from "../../src/domain/observed.ts";
import { imageArchives } from "../../src/render/image-archives.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { CONTAINERD, debian, debianCommand } from "../boot/programs/debian.ts";
import { documentOf, fleetOf, labFacts } from "./fleet-of.ts";

const run = promisify(execFile);
const IMAGE = "lab.example/hello:v1";

/** An archive with one image of one file, as `docker save` writes it. */
async function imageArchive(): Promise<Uint8Array> {
	const layer = await tarArchive([{ kind: "file", path: "hello", mode: 0o755, content: "hello\n" }]);
	const config = JSON.stringify({
		architecture: "amd64",
		os: "linux",
		config: {},
		rootfs: { type: "layers", diff_ids: [sha256Of(layer)] },
	});
	const manifest = [{ Config: "config.json", RepoTags: [IMAGE], Layers: ["layer.tar"] }];
	const file = (path: string, content: string | Uint8Array) => ({ kind: "file", path, mode: 0o644, content }) as const;
	return tarArchive([
		file("config.json", config),
		file("layer.tar", layer),
		file("manifest.json", JSON.stringify(manifest)),
	]);
}

const archive = await imageArchive();
const ARCHIVES = [
	{ name: "site", sha256: sha256Of(archive), sizeBytes: archive.length, urls: ["http://192.0.2.1/site.tar"] },
];

/** The folder of a containerd that runs for this test. */
async function startContainerd(t: ExecutionContext): Promise<{ folder: string; socket: string; ctr: string }> {
	const command = await debianCommand(CONTAINERD);
	const folder = await mkdtemp(join(tmpdir(), "rollcall-containerd-"));
	const socket = join(folder, "c.sock");
	const config = join(folder, "config.toml");
	const disabled = 'disabled_plugins = ["io.containerd.grpc.v1.cri"]';
	const places = `root = "${folder}/root"\nstate = "${folder}/state"`;
	await writeFile(config, `version = 2\n${places}\n${disabled}\n[grpc]\n  address = "${socket}"\n`);
	const child = spawn(...tied(command.program, ["--config", config]), { env: command.env, stdio: "ignore" });
	const ended = new Promise((resolve) => child.once("close", resolve));
	t.teardown(async () => {
		child.kill("SIGTERM");
		await ended;
		await rm(folder, { recursive: true, force: true });
	});
	const state = await eventually("containerd's socket", () => (child.exitCode !== null ? "ended" : existsSync(socket)));
	if (state === "ended") throw new Error(`containerd ended with ${child.exitCode}`);
	return { folder, socket, ctr: join(dirname(command.program), "ctr") };
}

testNeeding(ROOT, await debian(CONTAINERD))(
	"a real containerd imports an archive with the unit's own commands, and the archive is gone afterwards",
	async (t) => {
		const containerd = await startContainerd(t);
		const { folder, socket, ctr } = containerd;
		const { files, artifacts } = imageArchives(ARCHIVES, "/usr/bin/ctr");
		const [artifact] = artifacts;
		if (!artifact?.takenNote) return t.fail();
		const at = (path: string) => join(folder, path);
		await mkdir(dirname(at(artifact.path)), { recursive: true });
		for (const { path, content } of files.filter((file) => file.path.startsWith("/opt/"))) {
			await mkdir(dirname(at(path)), { recursive: true });
			await writeFile(at(path), content);
		}
		await writeFile(at(artifact.path), archive);
		const unit = files.find(({ path }) => path.endsWith(".service"))?.content ?? "";
		for (const [, line = ""] of unit.matchAll(/^ExecStart=(.*)$/gm)) {
			const [program = "", ...words] = line
				.split(" ")
				.map((word) => word.replace(/(^|=)(\/opt\/.*)/, (_, before, path) => `${before}${at(path)}`));
			if (program === "/usr/bin/ctr") await run(ctr, ["--address", socket, ...words]);
			else await run(program, words);
		}
		const { stdout } = await run(ctr, ["--address", socket, "--namespace", "k8s.io", "images", "ls", "-q"]);
		t.is(stdout.trim(), IMAGE);
		t.false(existsSync(at(artifact.path)));
		t.is(await readFile(at(artifact.takenNote), "utf8"), artifact.sha256);
	},
);

test("archives are imported after containerd began and before kubelet does, and count as RAM", (t) => {
	const document = (sizeBytes: number) =>
		documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
images:
  archives: [{ name: site, sha256: "${sha256Of(archive)}", sizeBytes: ${sizeBytes}, urls: ["http://192.0.2.1/site.tar"] }]
slots:
  - { name: workers, role: worker, count: 1 }
`);
	const render = (sizeBytes: number) => {
		const { fleet, seated } = fleetOf(document(sizeBytes), [labFacts(0)]);
		const [place] = seated;
		if (!place) throw new Error("no seat");
		return renderTarget(fleet, place.machine, place.seat);
	};
	const rendered = render(1000);
	if (!rendered.ok) return t.fail(rendered.reason);
	const units = rendered.content.units.map(({ name }) => name);
	t.deepEqual(units.slice(-7), [
		"containerd.service",
		"rollcall-images-site.service",
		"rollcall-packet-filter.service",
		"rollcall-pod-namespaces.service",
		"rollcall-pod-volumes.service",
		"kubepods.slice",
		"kubelet.service",
	]);
	t.like(rendered.content.artifacts[0], { path: "/opt/rollcall/images/site.tar", sizeBytes: 1000 });
	const large = render(8 * 2 ** 30);
	t.regex(large.ok ? "" : large.reason, /programs and image archives that are fetched 8192 MiB/);
});

test("an archive of some roles is fetched by their nodes alone, and is no RAM and no need of others", (t) => {
	const control = "slots: [{ name: nodes, role: control-plane, count: 1, grade: claimed }]";
	const render = (slots: string) => {
		const { fleet, seated } = fleetOf(
			documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
images:
  archives:
    - { name: all, sha256: "${sha256Of(archive)}", sizeBytes: 1000, urls: ["http://192.0.2.1/all.tar"] }
    - { name: control, sha256: "${sha256Of("2")}", sizeBytes: ${2 ** 35}, urls: ["http://192.0.2.1/control.tar"], roles: [control-plane, etcd] }
${slots}
`),
			[labFacts(0)],
		);
		const [place] = seated;
		if (!place) throw new Error("no seat");
		return renderTarget(fleet, place.machine, place.seat);
	};
	const worker = render("slots: [{ name: nodes, role: worker, count: 1 }]");
	if (!worker.ok) return t.fail(worker.reason);
	t.deepEqual(
		worker.content.artifacts.map(({ path }) => path),
		["/opt/rollcall/images/all.tar"],
	);
	t.false(worker.content.units.some(({ name }) => name === "rollcall-images-control.service"));
	const controlPlane = render(control);
	t.regex(controlPlane.ok ? "" : controlPlane.reason, /image archives that are fetched 32769 MiB/);
});

test("an archive for one architecture is fetched and imported by machines of it alone, and is no RAM and no need of others", (t) => {
	const render = (arch: "x64" | "arm64", document: string, ...more: string[]) => {
		const programs = ["containerd", "runc", "kubelet", ...more].map((name) => ({ name, path: `/usr/bin/${name}` }));
		const facts = labFacts(0, { cpu: { ...labFacts(0).cpu, arch }, programs });
		const { fleet, seated } = fleetOf(documentOf(document), [facts]);
		const [place] = seated;
		if (!place) throw new Error("no seat");
		return renderTarget(fleet, place.machine, place.seat);
	};
	const archives = (...entries: string[]) => `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36", podNetwork: none }
images: { archives: [${entries.join(", ")}] }
slots: [{ name: nodes, role: worker, count: 1 }]
`;
	const refusal = (rendered: Rendered) => (rendered.ok ? "" : rendered.reason);
	const entry = (name: string, digest: string, more: string, sizeBytes = 1000) =>
		`{ name: ${name}, sha256: "${digest}", sizeBytes: ${sizeBytes}, urls: ["http://192.0.2.1/${name}"]${more} }`;
	const each = archives(
		entry("all", sha256Of("1"), ""),
		entry("site", sha256Of("2"), ", arch: x64"),
		entry("site", sha256Of("3"), ", arch: arm64"),
	);
	const digests = (arch: "x64" | "arm64") => {
		const rendered = render(arch, each, "ctr");
		return rendered.ok ? rendered.content.artifacts.map(({ sha256 }) => sha256) : rendered.reason;
	};
	t.deepEqual(digests("x64"), [sha256Of("1"), sha256Of("2")]);
	t.deepEqual(digests("arm64"), [sha256Of("1"), sha256Of("3")]);
	const ofOne = archives(entry("site", sha256Of("2"), ", arch: x64"));
	t.regex(refusal(render("x64", ofOne)), /lacks ctr/);
	t.is(refusal(render("arm64", ofOne)), "");
	const large = archives(entry("site", sha256Of("2"), ", arch: x64", 2 ** 35));
	t.regex(refusal(render("x64", large, "ctr")), /image archives that are fetched 32768 MiB/);
	t.is(refusal(render("arm64", large)), "");
});
