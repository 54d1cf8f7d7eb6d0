import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { program } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { NODE_TREES } from "./cis/rule.ts";

const run = promisify(execFile);

const testAnalyze = testNeeding(program("systemd-analyze"));

for (const [role, tree] of Object.entries(NODE_TREES)) {
	testAnalyze(`systemd has nothing to say against the units of the role ${role}`, async (t) => {
		const folder = ownFolder(t, "rollcall-units-");
		// systemd looks whether the programs are there; stand-ins of the same names are.
		await mkdir(join(folder, "bin"));
		for (const name of ["kubelet", "containerd"]) {
			await writeFile(join(folder, "bin", name), "#!/bin/sh\n");
			await chmod(join(folder, "bin", name), 0o755);
		}
		const units = tree.content.files.filter(({ path }) => path.startsWith("/run/systemd/system/"));
		t.is(units.length, role === "worker" ? 7 : 8);
		for (const { path, content } of units) {
			const text = content.replaceAll(/^ExecStart=\/usr\/bin\/(?=kubelet|containerd)/gm, `ExecStart=${folder}/bin/`);
			await writeFile(join(folder, path.slice(path.lastIndexOf("/") + 1)), text);
		}
		const names = units.map(({ path }) => join(folder, path.slice(path.lastIndexOf("/") + 1)));
		const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", ...names], {
			timeout: stretched(60_000),
		});
		const own = `${stdout}${stderr}`
			.split("\n")
			.filter((line) => line.includes(folder) || /kubelet|containerd/.test(line));
		t.deepEqual(own, []);
	});
}
