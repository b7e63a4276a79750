/** What each tool is for, told to a language model that has read nothing else. */

const NOTATION = `Answers are TOON/1, a short JSON: T{...} is a ticket, with id, t title, s status (bk backlog, td to do, ip in progress, dn done, bl blocked, cl closed), p priority (cr, h, m, l), typ type, lbl labels, as whose it is, em and ord its place among the parts of par, ch its parts, d description, ua its etag. ERR{code:...,msg:"..."} is a refusal.`;

export const TELL = {
  backlog: `Find work: the tickets that wait for an agent and are for anybody or for you, the most urgent first. Take one of them with ticket_claim; if that is a conflict, try the next one. [] means that there is nothing to do. ${NOTATION}`,
  claim: `Take a ticket before you work on it. Exactly one agent gets it. Keep the ua of the answer: send it as etag when you finish with ticket_update s=dn. ERR conflict: another agent has it, or it waits for an approval; take the next ticket. ERR seq_blocked: a ticket before it has to be done first; see ticket_children of its parent. Your hold lasts an hour from your last call about it.`,
  update: `Change a ticket, and above all its status: s=dn when your work is done, s=bl when it is blocked (say why in body), s=bk or s=td to give it back, s=cl to close it without result, s=ip to take it. Send the ua that you last saw as etag. ERR conflict: it has changed since, or another agent has it; ticket_get it, decide, and retry with the new ua. A done or closed ticket can be opened again with s=bk, td or bl for a day.`,
  get: `Read a ticket as it is now, with its description, comments (cmt), links (lnk), parts (ch) and etag (ua).`,
  create: `Make a new ticket. To break up a large one, give its id as parent_id; its parts can be worked on at the same time. If their order matters, give each part em=seq and ord=1, 2, 3: none can be claimed before those with a lower ord are dn.`,
  children: `The parts of a ticket, in their order, each as it is now. Use it to find what a blocked part waits for. recursive=true for all levels.`,
  list: `Tickets by status, type, priority, label, assignee or parent, the most urgent first, archived ones left out. Lists lag a moment behind and carry no etag: read a ticket with ticket_get before you change it.`,
  board: `All tickets by status: BOARD{bk:[...],td:[...],ip:[...],dn:[...],bl:[...],cl:[...]}. Twenty of each unless you set a limit.`,
  search: `Tickets whose title or description has any of these words.`,
  diagram: `A ticket and all its parts as a Mermaid flow chart, to show to people.`,
  comment: `Add a comment to a ticket, whoever has it. Answers the ticket; its etag stays the same.`,
  link: `Note that a ticket blocks, relates to or duplicates another one. For readers only: nothing waits because of it.`,
  archive: `Put a done or closed ticket out of sight of lists, board and search. Possible for a day after it was closed.`,
} as const;
