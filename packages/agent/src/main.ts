import "./zod-settings.ts";
import { main } from "./cli.ts";
import { errorLine } from "./error-line.ts";

/** An error that nobody caught: one line instead of the source around it, and a new start by systemd. */
function fail(error: unknown): never {
	process.stderr.write(errorLine("rollcall-agent", error));
	process.exit(1);
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
main(process.argv.slice(2)).then((code) => process.exit(code), fail);
