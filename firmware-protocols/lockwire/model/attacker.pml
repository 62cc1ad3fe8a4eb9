/* The surroundings that own the daemon, the broker and every wire. Nothing is ever lost to
 * them, and everything may be withheld, repeated and put in another order: a message is
 * handed to a lock whenever the Wire likes. */

#define LAST (REQUESTS - 1)

bit begun;      /* session 1 has been used: sessions are alike, so none needs a 2 before a 1 */

#ifdef GUESSING
#define GUESSES 1
#else
#define GUESSES 0
#endif

/* What may stand in a new request. Of its own lock the attacker quotes what it likes. */
#define SOME_SESSION \
	if \
	:: req[r].session = 1; begun = 1 \
	:: begun -> req[r].session = 2 \
	fi
#ifdef TRUST_CHANGE
#define SOME_ACT \
	if \
	:: req[r].list = 0 \
	:: req[r].list = 1 \
	:: req[r].list = 2 \
	fi
#else
#define SOME_ACT skip
#endif
#define SOME_QUOTE(i) \
	if \
	:: req[r].quote[i] = MADE_UP \
	:: HONEST(i) && lock[i].made >= 1 -> req[r].quote[i] = 1 \
	:: HONEST(i) && lock[i].made >= 2 -> req[r].quote[i] = 2 \
	:: HONEST(i) && lock[i].made >= 3 -> req[r].quote[i] = 3 \
	:: GUESSES && HONEST(i) && lock[i].made < CHALLENGES -> req[r].quote[i] = GUESSED(lock[i].made + 1) \
	fi

#if CONTROLLER_STOLEN
/* ---- the attacker is the daemon: it signs every command that it likes ---- */

#define MAY_ASK(s)  1
#define MAY_RELOCK  1
#define MAY_SEND(r) (requests > (r))
#define MAY_WRITE   1

#define UNAPPROVED(n) (n < REQUESTS && n < requests && !((req[n].approved >> p) & 1))
#define MAY_APPROVE(p) (!IS_STOLEN(p) && (requests < REQUESTS || UNAPPROVED(0) || UNAPPROVED(1) || UNAPPROVED(2)))

inline approve() {
	if
	:: UNAPPROVED(0) -> r = 0
	:: UNAPPROVED(1) -> r = 1
#if REQUESTS > 2
	:: UNAPPROVED(2) -> r = 2
#endif
	:: requests < REQUESTS ->
		r = requests;
		requests++;
		SOME_SESSION;
		SOME_ACT;
		if
		:: req[r].matter = 1
		:: MATTERS > 1 && r > 0 -> req[r].matter = 2
		fi;
#ifdef TWO_SAFES
		if
		:: req[r].foreign = 0
		:: req[r].foreign = 1
		fi;
#endif
		SOME_QUOTE(0);
		SOME_QUOTE(1);
		SOME_QUOTE(2)
	fi;
	d_step {
		req[r].approved = req[r].approved | (1 << p);
		r = 0;
		p = 0
	}
}

/* Somebody honest may be brought before the safe at any time, and approves whatever request
 * is shown there, for any session. That is more than an orderly opening gives the
 * attacker; all that is held to is that the person signs the whole of what was shown. */
active proctype People() {
	byte r, p;
#ifndef NOBODY_AGREES
	do
	:: atomic { MAY_APPROVE(0) -> p = 0; approve() }
	:: atomic { MAY_APPROVE(1) -> p = 1; approve() }
	:: atomic { MAY_APPROVE(2) -> p = 2; approve() }
	od
#endif
}

#else
/* ---- the daemon is honest and the controller key its own; the network is the attacker's ----
 *
 * The daemon holds one session after the other (threelock/machine.go): three parties show badge
 * and PIN, all three locks are asked, one request is built from three challenges that they
 * signed for this session, vouched for, and sent once. What it has sealed the attacker keeps. */

byte phase[REQUESTS];           /* 0 gathering, 1 asking, 2 authorised */
bit  ended[REQUESTS];           /* its locks have been told to lock */
typedef Shown { byte by[3] };   /* per party: who stands for it, person + 1 */
Shown shown[REQUESTS];

#define MAY_ASK(s)  (phase[(s) - 1] >= 1)
#define MAY_RELOCK  (ended[0] || ended[LAST])
#define MAY_SEND(r) (phase[r] == 2)
#define MAY_WRITE   0
#define PRESENT(p, r) (shown[r].by[0] == (p) + 1 || shown[r].by[1] == (p) + 1 || shown[r].by[2] == (p) + 1)
#define MAY_SHOW(p, party) (requests < REQUESTS && phase[requests] == 0 && shown[requests].by[party] == 0 && !PRESENT(p, requests))

inline stand(p, party) {
	shown[requests].by[party] = p + 1;
	req[requests].approved = req[requests].approved | (1 << p);
	req[requests].session = requests + 1;
	req[requests].matter = requests + 1;
	if
	:: shown[requests].by[0] && shown[requests].by[1] && shown[requests].by[2] -> phase[requests] = 1
	:: else -> skip
	fi
}

/* A challenge that lock i signed for session r+1; what the attacker's own lock says is its affair. */
#define SIGNED_CHALLENGE(i, n) (HONEST(i) && lock[i].made >= n && lock[i].sessionOf[n] == requests + 1)
#define HAS_CHALLENGE(i) (!HONEST(i) || SIGNED_CHALLENGE(i, 1) || SIGNED_CHALLENGE(i, 2) || SIGNED_CHALLENGE(i, 3))
#define TAKE_CHALLENGE(i) \
	if \
	:: !HONEST(i) -> req[requests].quote[i] = MADE_UP \
	:: SIGNED_CHALLENGE(i, 1) -> req[requests].quote[i] = 1 \
	:: SIGNED_CHALLENGE(i, 2) -> req[requests].quote[i] = 2 \
	:: SIGNED_CHALLENGE(i, 3) -> req[requests].quote[i] = 3 \
	fi

active proctype Daemon() {
	do
	:: d_step { MAY_SHOW(0, 0) -> stand(0, 0) }      /* the safe's reader: badge and PIN */
	:: d_step { MAY_SHOW(1, 1) -> stand(1, 1) }
	:: d_step { MAY_SHOW(2, 2) -> stand(2, 2) }
	:: d_step { IS_STOLEN(DEPUTY) && MAY_SHOW(DEPUTY, 0) -> stand(DEPUTY, 0) }
	:: d_step { IS_STOLEN(0) && MAY_SHOW(0, 1) -> stand(0, 1) }
	:: atomic { requests < REQUESTS && phase[requests] == 1 && HAS_CHALLENGE(0) && HAS_CHALLENGE(1) && HAS_CHALLENGE(2) ->
		TAKE_CHALLENGE(0);
		TAKE_CHALLENGE(1);
		TAKE_CHALLENGE(2);
		phase[requests] = 2;
		req[requests].age = 0
		}
	:: d_step { requests < REQUESTS && phase[requests] >= 1 -> ended[requests] = 1; requests++ }
	od
}
#endif

/* ---- every wire ---- */

/* Three approvals in ascending order: the lock looks at all of them, so that another order
 * gives another word of refusal at most. One without a signature or in the wrong form is
 * refused as one that is missing (ALL_FORMS sends those too), and one that comes twice is of
 * the same party and of the same person. */
#if defined(ALL_FORMS) || defined(BROKEN_NO_FORM)
#define FORM_COUNTS(a) 1
#else
#define FORM_COUNTS(a) FORM_OK(a)
#endif
#ifdef BROKEN_NO_SIGNATURE
#define ENCLOSE(k, a) least < a && FORM_COUNTS(a) -> x[k] = a
#else
#define ENCLOSE(k, a) least < a && FORM_COUNTS(a) && SIGNED(a, r) -> x[k] = a
#endif
#define SOME_APPROVAL(k) \
	if \
	:: ENCLOSE(k, APPROVAL(CONTROLLER, 0, 0)) \
	:: ENCLOSE(k, APPROVAL(CONTROLLER, 0, DEPUTY)) \
	:: ENCLOSE(k, APPROVAL(CONTROLLER, 1, 0)) \
	:: ENCLOSE(k, APPROVAL(CONTROLLER, 1, 1)) \
	:: ENCLOSE(k, APPROVAL(CONTROLLER, 2, 2)) \
	:: ENCLOSE(k, APPROVAL(PARTY_KEY, 0, 0)) \
	:: ENCLOSE(k, APPROVAL(PARTY_KEY, 0, DEPUTY)) \
	:: ENCLOSE(k, APPROVAL(PARTY_KEY, 1, 0)) \
	:: ENCLOSE(k, APPROVAL(PARTY_KEY, 1, 1)) \
	:: ENCLOSE(k, APPROVAL(PARTY_KEY, 2, 2)) \
	:: else -> x[k] = NONE \
	fi; \
	least = x[k]

/* A request that nobody honest has approved. Only its own quote matters to a lock, unless
 * signatures are made to cover less than the whole. */
inline write() {
	SOME_SESSION;
	SOME_ACT;
#ifdef BROKEN_OWN_NONCE
	if
	:: req[r].matter = 1
	:: req[r].matter = 2
	fi;
	SOME_QUOTE(0);
	SOME_QUOTE(1);
	SOME_QUOTE(2)
#else
	SOME_QUOTE(i)
#endif
}

inline wipe() {
	x[0] = NONE; x[1] = NONE; x[2] = NONE;
	req[DRAFT].session = 0; req[DRAFT].list = 0; req[DRAFT].matter = 0; req[DRAFT].drew = 0;
	req[DRAFT].quote[0] = 0; req[DRAFT].quote[1] = 0; req[DRAFT].quote[2] = 0
}

proctype Wire(byte i) {
	byte r, least;
	do
	:: d_step { HONEST(i) && lock[i].made < CHALLENGES && MAY_ASK(1) -> ChallengeRequest(i, 1, 0); begun = 1 }
	:: d_step { HONEST(i) && lock[i].made < CHALLENGES && begun && MAY_ASK(2) -> ChallengeRequest(i, 2, 0) }
#ifdef TRUST_CHANGE
	:: d_step { HONEST(i) && lock[i].made < CHALLENGES -> ChallengeRequest(i, 1, 1); begun = 1 }
	:: d_step { HONEST(i) && lock[i].made < CHALLENGES -> ChallengeRequest(i, 1, 2); begun = 1 }
#endif
	:: atomic { HONEST(i) && lock[i].outstanding && (MAY_WRITE || MAY_SEND(0) || MAY_SEND(LAST)) ->
		if
		:: MAY_SEND(0) -> r = 0
#if REQUESTS > 1
		:: MAY_SEND(1) -> r = 1
#endif
#if REQUESTS > 2
		:: MAY_SEND(2) -> r = 2
#endif
		:: MAY_WRITE -> r = DRAFT; write()
		fi;
		SOME_APPROVAL(0);
		SOME_APPROVAL(1);
		SOME_APPROVAL(2);
		d_step {
			Authorise(i, r);
			wipe();
			r = 0;
			least = NONE
		}
		}
	:: d_step { HONEST(i) && lock[i].outstanding && MAY_WRITE ->    /* the right nonce, and not one approval */
		req[DRAFT].session = lock[i].session;
		req[DRAFT].list = lock[i].list;
		req[DRAFT].quote[i] = lock[i].made;
		Authorise(i, DRAFT);
		wipe()
		}
	:: d_step { HONEST(i) && MAY_RELOCK -> Relock(i) }
	:: d_step { HONEST(i) && cuts < POWER_CUTS -> cuts++; PowerCut(i) }
	od
}

/* ---- time and the door, which nobody owns ---- */

hidden byte n;

proctype World() {
	do
	:: d_step {
		if
		:: HONEST(0) -> Tick(0)
		:: else -> skip
		fi;
		if
		:: HONEST(1) -> Tick(1)
		:: else -> skip
		fi;
		if
		:: HONEST(2) -> Tick(2)
		:: else -> skip
		fi;
		n = 0;
		do
		:: n < REQUESTS ->
			if
			:: req[n].approved && req[n].age < LATE -> req[n].age++
			:: else -> skip
			fi;
			n++
		:: else -> break
		od
		}
	:: d_step { !door && DRAWN(0, 9) && DRAWN(1, 9) && DRAWN(2, 9) -> door = 1; DoorOpens(0); DoorOpens(1); DoorOpens(2) }
	:: d_step { door -> door = 0; DoorShuts(0); DoorShuts(1); DoorShuts(2) }
	od
}

init {
	atomic {
		run Wire(0);
		run Wire(1);
		run Wire(2);
		run World()
	}
}
