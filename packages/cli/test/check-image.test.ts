import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { runCli, temporaryFolder } from "./support/cli.ts";

/** The head of a program without a loader (elf(5)), for a processor. */
function staticProgram(machine: number): Buffer {
	const head = Buffer.alloc(64);
	head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
	head.writeUInt16LE(machine, 18);
	return head;
}

for (const { machine, arch, architecture } of [
	{ machine: 62, arch: "x64", architecture: "amd64" },
	{ machine: 183, arch: "arm64", architecture: "arm64" },
]) {
	test(`\`rollcall check image\` says what to declare for a busybox for ${architecture}: an asset of its own, for machines of that architecture`, async (t) => {
		const folder = await temporaryFolder(t);
		const [busybox, out] = [join(folder, "busybox"), join(folder, "check.tar")];
		await writeFile(busybox, staticProgram(machine));
		const { code, stderr } = await runCli(t, ["check", "image", "--busybox", busybox, "--out", out]);
		t.is(code, 0, stderr);
		const asset = `images/rollcall-check-${architecture}.tar`;
		t.true(stderr.includes(`rollcall assets add ${asset} ${out}`), stderr);
		const { images } = parse(stderr.slice(stderr.indexOf("images:\n")));
		t.like(images.archives, [{ name: "rollcall-check", arch, urls: [`BOOT-LISTENER/assets/${asset}`] }]);
	});
}
