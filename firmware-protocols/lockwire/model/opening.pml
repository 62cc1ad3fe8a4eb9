/*
 * opening.pml: the opening protocol of trilock-lockwire (SPEC.md sections 4 to 6), for SPIN.
 *
 *   lock.pml       one lock: what it does with each command, in the order of SPEC section 6,
 *                  and the claims, asserted where a bolt is drawn, a nonce judged, time passes
 *   attacker.pml   the surroundings that own the daemon, the broker and every wire
 *   faithful.pml   the surroundings that mean well and fail: faults, power cuts, a restart
 *
 * An instance is a set of -D options. Those that set the size or the surroundings stand
 * below; BROKEN_x leaves one check or one decision out and must be refuted. README.md says
 * which instances there are, model_test.go runs them.
 */

/* ---- surroundings and size ---- */

#ifndef POWER_CUTS
#define POWER_CUTS 0    /* how often, in all, a lock of the safe loses its power */
#endif
#ifndef CHALLENGES
#define CHALLENGES 2    /* challenges that one lock makes in a run */
#endif
#ifndef REQUESTS
#define REQUESTS 2      /* different requests that honest people approve in a run */
#endif
#ifndef MATTERS
#define MATTERS 1       /* different purposes (with their documents) that people are told */
#endif
#ifndef LIFE
#define LIFE 1          /* a request's lifetime in ticks: an age of LIFE is in time, LIFE+1 is late */
#endif
#ifndef OWNED
#define OWNED 0         /* bit set of the locks that are the attacker's */
#endif
#ifndef STOLEN
#define STOLEN 0        /* bit set of the persons whose keys (or badge and PIN) the attacker holds */
#endif
#ifndef CONTROLLER_STOLEN
#define CONTROLLER_STOLEN 1  /* 1: the attacker is the daemon and signs what it likes as the controller */
#endif
#ifndef TRUST_0
#define TRUST_0 PARTY_KEY    /* the form that the locks' trust lists demand of each party */
#endif
#ifndef TRUST_1
#define TRUST_1 PARTY_KEY
#endif
#ifndef TRUST_2
#define TRUST_2 PARTY_KEY
#endif

#define LOCKS 3
#define HONEST(i) (!((OWNED >> (i)) & 1))
#define LATE (LIFE + 1)

/* ---- parties, persons, approvals (SPEC section 4) ---- */

/* Parties and persons are counted from 0. Person p is party p's; person 3 is a deputy
 * enrolled for party 0; person 0 is enrolled for party 1 as well, acting there: without
 * somebody who may stand for two parties, the check of persons would have nothing to do. */
#define DEPUTY 3
#define CONTROLLER 1
#define PARTY_KEY 2

#define NONE 0
#define APPROVAL(form, party, person) ((form) * 16 + (party) * 4 + (person))
#define FORM(a)   ((a) >> 4)
#define PARTY(a)  (((a) >> 2) & 3)
#define PERSON(a) ((a) & 3)
#define TRUST(party) ((party) == 0 -> TRUST_0 : ((party) == 1 -> TRUST_1 : TRUST_2))
#define IS_STOLEN(person) ((STOLEN >> (person)) & 1)
#define ENROLLED(party, person) ((party) == (person) || ((party) == 0 && (person) == DEPUTY) || ((party) == 1 && (person) == 0))

/* ---- requests (SPEC section 3) ---- */

/* A quote is the number of one of that lock's challenges, which stands for its nonce, boot
 * and counter together. MADE_UP is a nonce that no lock ever drew; GUESSED(g) has the boot
 * and the counter of challenge g, which anybody can tell beforehand, and a made-up nonce. */
#define MADE_UP 0
#define GUESSED(g) ((g) + 8)

typedef Request {
	bit  foreign;       /* it names another safe */
	byte session;
	byte list;          /* act 2: the new trust list's number; 0: act 1, an opening */
	byte matter;        /* purpose and documents: what the people are shown besides the session */
	byte quote[LOCKS];
	byte approved;      /* bit set of the honest persons who signed exactly this */
	byte age;           /* since the first of them signed */
	byte drew;          /* bit set of the locks that granted it */
};

/* The last place is a draft: what the attacker writes for one message and nobody honest signs. */
#define DRAFT REQUESTS
Request req[REQUESTS + 1];
byte requests;              /* places taken */

/* Somebody's own signature over this very request: the truth that the claims are judged by. */
#define OWN(a, r) (IS_STOLEN(PERSON(a)) || \
	(PARTY(a) == PERSON(a) && ((req[r].approved >> PERSON(a)) & 1)))

byte cuts;                  /* power cuts so far */
bit  door;                  /* 1: open */

#include "lock.pml"
#ifdef FAITHFUL
#include "faithful.pml"
#else
#include "attacker.pml"
#endif
