import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BootDocument } from "@rollcall/protocol";
import test from "ava";
import { namedAssets } from "../../../src/boot/named-assets.ts";

/** The program as it is shipped: the bundle, or the sources where they changed since. */
const MAIN = join(import.meta.dirname, "../../../bin/rollcall-coordinator.cjs");

test("a document that is not good ends the start at once with 2, its file and its line, before anything is begun", async (t) => {
	const folder = await mkdtemp(join(tmpdir(), "rollcall-wrong-"));
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const data = join(folder, "data");
	await writeFile(join(folder, "cluster.yaml"), "apiVersion: rollcall/v1\nkind: Cluster\nname: lab\nslot: []\n");
	await writeFile(join(folder, "boot.yaml"), "apiVersion: rollcall/v1\nkind: Boot\nprofile: []\n");
	for (const [settings, place] of [
		["document: cluster.yaml", /cluster\.yaml: .*line 4.*"slot" is not known here/],
		["boot: { document: boot.yaml }", /boot\.yaml .*line 3.*"profile" is not known here/],
		["boot: { document: cluster.yaml }", /cluster\.yaml .*this is a cluster document, not a boot document/],
		["logLevel: loud", /coordinator\.yaml: logLevel: line 2, column 11: expected one of/],
	] as const) {
		const file = join(folder, "coordinator.yaml");
		await writeFile(file, `dataFolder: data\n${settings}\n`);
		const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
			execFile(process.execPath, [MAIN, "--config", file], (error, _stdout, text) =>
				resolve({ code: error?.code ?? 0, stderr: text }),
			),
		);
		t.is(code, 2, stderr);
		t.regex(stderr, place);
		t.is(stderr.trim().split("\n").length, 1, "no stack");
		t.false(existsSync(data));
	}
});

test("the files that a boot document sends machines to are known by their names, each once", (t) => {
	const profile = {
		name: "live",
		kernel: "/assets/a/vmlinuz",
		initrd: ["/assets/a/initrd"],
		args: ["boot=live", "fetch={{assets}}/a/root.squashfs", "two={{base}}/assets/a/two.img,x", "s={{cloudInit}}"],
		cloudInit: {},
	};
	const other = { name: "other", kernel: "http://192.0.2.9/vmlinuz", initrd: ["/assets/a/initrd"] };
	const menu = { entries: [{ kind: "memtest", name: "memtest", title: "Memory", kernel: "/assets/memtest.bin" }] };
	const document = BootDocument.parse({ apiVersion: "rollcall/v1", kind: "Boot", profiles: [profile, other], menu });
	const names = ["a/initrd", "a/root.squashfs", "a/two.img", "a/vmlinuz", "memtest.bin"];
	t.deepEqual(namedAssets(document), names);
});
