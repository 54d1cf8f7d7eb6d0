import { LoginView } from "@rollcall/protocol";
import { removeLogin, writeLogin } from "../api/login-file.ts";
import { signIn } from "../api/sign-in.ts";
import { Failure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { say, tell } from "../terminal.ts";
import { stopSignal } from "./stop-signal.ts";

const AFTER = `
Signs you in with the provider that the coordinator names: open the address in any browser, on any computer, and type the code. The
login is kept in a file that only you can read, and renewed as long as the provider allows; every command then uses it unless
--token-file or $ROLLCALL_TOKEN_FILE says otherwise.

Examples:
  rollcall login
  rollcall --context lab login`;

/** `rollcall login`. */
export const addLogin: AddCommand = (program, run) => {
	program
		.command("login")
		.description("sign in with the provider that the coordinator names")
		.addHelpText("after", AFTER)
		.action((_options, command) => run(command, login));
};

/** `rollcall logout`. */
export const addLogout: AddCommand = (program, run) => {
	program
		.command("logout")
		.description("forget who signed in at this coordinator, on this computer")
		.addHelpText("after", "\nExample:\n  rollcall logout")
		.action((_options, command) => run(command, logout));
};

async function login(session: Session): Promise<ExitCode> {
	const api = await session.connect({ asNobody: true });
	const { value } = await api.ask(LoginView, { path: "/v1/login", subject: "signing in" });
	const { signal, release } = stopSignal(session);
	try {
		const { server } = api.connection;
		const found = await signIn(value, { server, signal }, ({ address, code, whole }) => {
			say(session.err, `open ${address} and type ${code}${whole === undefined ? "" : `\nor open ${whole}`}`);
		});
		const file = await writeLogin(session.env, found);
		const until = new Date(found.endsAt).toISOString();
		if (session.json) printJson(session, { server, issuer: value.issuer, file, until });
		else tell(session.out, `signed in at ${value.issuer}; the login is in ${file}`);
		return EXIT.ok;
	} catch (error) {
		if (signal.aborted) return EXIT.interrupted;
		throw error;
	} finally {
		release();
	}
}

async function logout(session: Session): Promise<ExitCode> {
	const { server } = (await session.connect({ asNobody: true })).connection;
	if (!(await removeLogin(session.env, server)))
		throw new Failure(`nobody signed in at ${server} on this computer`, { exit: EXIT.notFound });
	if (session.json) printJson(session, { server });
	else tell(session.out, `the login at ${server} is forgotten here; the provider may still know of it`);
	return EXIT.ok;
}
