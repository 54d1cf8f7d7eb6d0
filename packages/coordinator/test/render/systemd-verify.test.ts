import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { NODE_TREES } from "./cis/rule.ts";

const run = promisify(execFile);

async function hasAnalyze(): Promise<boolean> {
	return run("systemd-analyze", ["--version"]).then(
		() => true,
		() => false,
	);
}

for (const [role, tree] of Object.entries(NODE_TREES)) {
	test(`systemd has nothing to say against the units of the role ${role}`, async (t) => {
		if (!(await hasAnalyze())) {
			t.log("SKIPPED: there is no systemd-analyze here");
			t.pass();
			return;
		}
		const folder = await mkdtemp(join(tmpdir(), "rollcall-units-"));
		t.teardown(() => rm(folder, { recursive: true, force: true }));
		// systemd looks whether the programs are there; stand-ins of the same names are.
		await mkdir(join(folder, "bin"));
		for (const program of ["kubelet", "containerd"]) {
			await writeFile(join(folder, "bin", program), "#!/bin/sh\n");
			await chmod(join(folder, "bin", program), 0o755);
		}
		const units = tree.content.files.filter(({ path }) => path.startsWith("/run/systemd/system/"));
		t.is(units.length, role === "worker" ? 2 : 3);
		for (const { path, content } of units) {
			const text = content.replaceAll(/^ExecStart=\/usr\/bin\//gm, `ExecStart=${folder}/bin/`);
			await writeFile(join(folder, path.slice(path.lastIndexOf("/") + 1)), text);
		}
		const names = units.map(({ path }) => join(folder, path.slice(path.lastIndexOf("/") + 1)));
		const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", ...names], { timeout: 60_000 });
		const own = `${stdout}${stderr}`
			.split("\n")
			.filter((line) => line.includes(folder) || /kubelet|containerd/.test(line));
		t.deepEqual(own, []);
	});
}
