import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Running, run } from "@rollcall/test-support/running";
import { repository } from "../../support/places.ts";
import type { Cleanup } from "../cleanup.ts";

/** nginx as Debian builds it, with its usual way of serving files (sendfile), one worker per core and no log. */
export function startNginx(
	cleanup: Cleanup,
	options: { readonly folder: string; readonly files: string; readonly port: number; readonly host: readonly string[] },
): Running {
	const program = findNginx();
	const configuration = join(options.folder, "nginx.conf");
	writeFileSync(
		configuration,
		`daemon off; user root; worker_processes auto; pid ${options.folder}/nginx.pid; error_log stderr;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; default_type application/octet-stream;
  client_body_temp_path ${options.folder}/body; proxy_temp_path ${options.folder}/proxy; fastcgi_temp_path ${options.folder}/fcgi;
  uwsgi_temp_path ${options.folder}/uwsgi; scgi_temp_path ${options.folder}/scgi;
  server { listen ${options.port}; root ${options.files}; }
}
`,
	);
	const [command = "", ...words] = [...options.host, program, "-e", "stderr", "-c", configuration];
	const nginx = run(command, words);
	cleanup.add(() => nginx.end());
	return nginx;
}

/** The installed one, else Debian's package, unpacked below .cache. */
function findNginx(): string {
	const installed = "/usr/sbin/nginx";
	if (existsSync(installed)) return installed;
	const script = join(repository, "scripts/debian-package.mjs");
	return join(execFileSync(process.execPath, [script, "nginx"], { encoding: "utf8" }).trim(), installed);
}
