import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { testNeeding } from "@rollcall/test-support/needing";
import { debianFolders, debianPackages } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { bootListener, WHO } from "./boot-listener.ts";

/** cloud-init's own reading of a seed. Modules that it imports at its start and does not need for this are stood in for. */
const READ_SEED = `
import json, sys, types
for name in ["jsonpatch", "jsonpointer", "oauthlib", "oauthlib.oauth1", "netifaces", "jsonschema", "jinja2", "serial"]:
    try: __import__(name)
    except Exception: sys.modules[name] = types.ModuleType(name)
from cloudinit import util
from cloudinit.sources.DataSourceNoCloud import parse_cmdline_data
fill = {}
parse_cmdline_data("ds=nocloud-net", fill, sys.argv[1])
meta, user = util.read_seeded(fill["seedfrom"], timeout=5, retries=0)[:2]
print(json.dumps({"meta": meta, "user": user.decode()}))
`;
const PYTHON = [
	"python3-yaml",
	"python3-configobj",
	"python3-requests",
	"python3-urllib3",
	"python3-idna",
	"python3-chardet",
	"python3-certifi",
	"python3-six",
];

const PACKAGES = ["cloud-init", ...PYTHON];

testNeeding(await debianPackages(PACKAGES))(
	"Debian's own cloud-init reads its seed, also of a machine whose serial has a blank and a percent sign",
	async (t) => {
		const folders = await debianFolders(PACKAGES);
		let url = "";
		const { app, core } = await bootListener(t, {}, { url: () => url });
		const cloud = { name: "cloud-serial", profile: "cloud", selector: { request: { serial: "LAB 0001 100%s" } } };
		core.declared = { ...core.declared, groups: [...core.declared.groups, { ...cloud, metadata: {}, menu: false }] };
		url = await app.listen({ host: "127.0.0.1", port: 0 });
		const script = await (await fetch(`${url}/ipxe?${WHO}&serial=LAB%200001%20100%25s`)).text();
		const [line = ""] = /ds=nocloud-net;s=\S+/.exec(script) ?? [];
		const python = promisify(execFile)("/usr/bin/python3", ["-c", READ_SEED, `boot=live ${line} quiet`], {
			env: { PYTHONPATH: folders.map((folder) => path.resolve(folder, "usr/lib/python3/dist-packages")).join(":") },
			timeout: stretched(60_000),
		});
		const { meta, user } = JSON.parse((await python).stdout) as { meta: Record<string, string>; user: string };
		t.regex(meta["instance-id"] ?? "", /^4c4c4544-/);
		t.regex(user, /^#cloud-config\n/);
		t.regex(user, /e1\.[a-z0-9]+\./);
	},
);
