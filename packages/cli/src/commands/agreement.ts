import type { Session } from "../session.ts";
import { say } from "../terminal.ts";

/** Asks a question on the terminal. True for y or yes; no answer is no. The session must have somebody to ask. */
export async function agrees(session: Session, question: string): Promise<boolean> {
	const answer = (await session.ask?.(`${question} [y/N] `)) ?? "";
	return /^y(es)?$/i.test(answer.trim());
}

/** The same before a change; says that nothing was changed where the answer is no. */
export async function agreesToChange(session: Session, question: string): Promise<boolean> {
	const isMeant = await agrees(session, question);
	if (!isMeant) say(session.err, "nothing was changed");
	return isMeant;
}
