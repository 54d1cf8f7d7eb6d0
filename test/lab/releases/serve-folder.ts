// `FOLDER ADDRESS PORT`: a mirror of releases, which answers with the files of a folder.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { join, normalize } from "node:path";

const [, , folder = "", address = "", port = ""] = process.argv;
createServer((request, response) => {
	const file = join(folder, normalize(decodeURIComponent(new URL(request.url ?? "", "http://mirror").pathname)));
	const found = statSync(file, { throwIfNoEntry: false });
	if (!found?.isFile()) return void response.writeHead(404).end();
	response.writeHead(200, { "content-length": found.size });
	if (request.method === "HEAD") response.end();
	else createReadStream(file).pipe(response);
}).listen(Number(port), address, () => process.stdout.write("listening\n"));
