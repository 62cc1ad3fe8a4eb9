/* One lock, and the claims. */

typedef Lock {
	/* RAM: lost with the power */
	bit  outstanding;           /* a challenge may still be quoted; it is number `made` */
	byte session;               /* the session it was made for */
	byte list;                  /* the trust list proposed with it; 0: it was made for an opening */
	byte age;                   /* of its nonce, by this lock's monotonic clock */
	byte hold;                  /* ticks until a drawn bolt behind a shut door is thrown */
	bit  opened;                /* the door was seen open while the bolt was drawn */
	/* outlasts the power */
	bit  bolt;                  /* 1: drawn */
	byte made;                  /* challenges made in this run */
#ifdef WEAK_RANDOM
	byte boot;
	byte counter;               /* of challenges since the start: other events would only skip numbers */
	byte bootOf[CHALLENGES + 1];
	byte counterOf[CHALLENGES + 1];
#endif
#if !CONTROLLER_STOLEN
	byte sessionOf[CHALLENGES + 1]; /* as the signed challenges say: the daemon looks at it */
#endif
	/* what the claims need to know; no check of the lock reads these */
	bit  current;               /* no start, no relock and no opening since challenge `made` */
	bit  judged;                /* an Authorise that quoted it has been judged */
	byte nonceAge;
	byte drawnFor;              /* ticks that the bolt has been drawn behind a shut door */
};
Lock lock[LOCKS];

/* Where the source of random numbers is good, a nonce is as unique as its challenge. The
 * weak one starts alike at every start, so the n-th challenge of each boot has one nonce. */
#ifdef WEAK_RANDOM
#define NONCE(i, q)   ((q) > 8 -> 0 : lock[i].counterOf[q])
#define BOOT(i, q)    ((q) > 8 -> lock[i].bootOf[(q) - 8] : lock[i].bootOf[q])
#define COUNTER(i, q) ((q) > 8 -> lock[i].counterOf[(q) - 8] : lock[i].counterOf[q])
#else
#define NONCE(i, q)   ((q) > 8 -> 0 : (q))
#define BOOT(i, q)    ((q) > 8 -> (q) - 8 : (q))  /* boot and counter together are the challenge's number */
#define COUNTER(i, q) BOOT(i, q)
#endif
#define SAME_COUNT(i, p, q) (BOOT(i, p) == BOOT(i, q) && COUNTER(i, p) == COUNTER(i, q))

/* ---- SPEC section 5 ---- */

/* A ChallengeRequest, or with l > 0 a ProposeTrust of list l. */
inline ChallengeRequest(i, s, l) {
	if
	:: lock[i].outstanding && lock[i].session == s && lock[i].list == l && lock[i].age <= LIFE ->
		/* asked again: the same challenge, no younger than it was */
#ifdef BROKEN_SECOND_LIFE
		lock[i].age = 0
#else
		skip
#endif
	:: else ->
		lock[i].made++;
		lock[i].outstanding = 1;
		lock[i].session = s;
		lock[i].list = l;
		lock[i].age = 0;
#if !CONTROLLER_STOLEN
		lock[i].sessionOf[lock[i].made] = s;
#endif
#ifdef WEAK_RANDOM
		lock[i].counter++;
		lock[i].bootOf[lock[i].made] = lock[i].boot;
		lock[i].counterOf[lock[i].made] = lock[i].counter;
#endif
		lock[i].current = 1;
		lock[i].judged = 0;
		lock[i].nonceAge = 0
	fi
}

inline untrack(i) {
	lock[i].current = 0;
	lock[i].judged = 0;
	lock[i].nonceAge = 0
}

inline forget(i) {
	lock[i].outstanding = 0;
	lock[i].session = 0;
	lock[i].list = 0;
	lock[i].age = 0
}

inline throw(i) {
	lock[i].bolt = 0;
	lock[i].hold = 0;
	lock[i].opened = 0;
	lock[i].drawnFor = 0
}

inline Relock(i) {
#ifndef BROKEN_RELOCK_KEEPS
	forget(i);
#endif
	untrack(i);
	if
	:: !door -> throw(i)
	:: else -> skip             /* thrown when the door shuts */
	fi
}

inline PowerCut(i) {
#ifdef BROKEN_KEPT_OVER_POWER
	lock[i].age = 0;            /* the challenge is in flash; the clock starts again at zero */
#else
	forget(i);
#endif
#ifdef WEAK_RANDOM
	lock[i].boot++;
	lock[i].counter = 0;
#endif
	untrack(i);
	lock[i].hold = 0;
	lock[i].opened = 0;
	if
	:: lock[i].bolt && !door ->
#ifdef BROKEN_POWER_UP_DRAWN
		skip
#else
		throw(i)
#endif
	:: lock[i].bolt && door ->
#ifdef BROKEN_POWER_UP_DOOR
		skip                    /* "was opened" is what this lock no longer remembers */
#else
		lock[i].opened = 1
#endif
	:: else -> skip
	fi
}

/* The door's contact, as each lock sees it. */
inline DoorOpens(i) {
	if
	:: lock[i].bolt -> lock[i].opened = 1; lock[i].hold = 0; lock[i].drawnFor = 0
	:: else -> skip
	fi
}
inline DoorShuts(i) {
	if
	:: lock[i].bolt && lock[i].opened -> throw(i)
	:: else -> skip
	fi
}

hidden byte relocked_in_time;

/* One tick of the lock's monotonic clock. */
inline Tick(i) {
	if
	:: lock[i].outstanding && lock[i].age < LATE -> lock[i].age++
	:: else -> skip
	fi;
	if
	:: lock[i].current && lock[i].nonceAge < LATE -> lock[i].nonceAge++
	:: else -> skip
	fi;
	if
	:: lock[i].bolt && !door ->
		if
		:: lock[i].hold > 0 ->
#ifndef BROKEN_NO_TIMER
			lock[i].hold--;
			if
			:: lock[i].hold == 0 -> throw(i)
			:: else -> lock[i].drawnFor++
			fi
#else
			lock[i].drawnFor++
#endif
		:: else -> lock[i].drawnFor++
		fi;
		relocked_in_time = !(lock[i].bolt && lock[i].drawnFor >= LIFE);
		assert(relocked_in_time)
	:: else -> skip
	fi
}

/* ---- the approvals of an Authorise ---- */

mtype = { accepted, no_challenge, stale_counter, wrong_nonce, wrong_safe, wrong_session, wrong_act,
	wrong_list, expired,
	missing_approval, same_party_twice, same_person_twice, wrong_form, unknown_person, bad_signature };

hidden mtype word;              /* of the Result */
hidden byte  quoted;
hidden byte   all_by_owners, three_of_three, nonce_is_current, made_for_session, made_for_act, list_is_proposed, own_safe, in_time,
              used_once, judged_once, everybody_agreed, stays_locked;

byte x[3];                      /* the approvals of the Authorise under way; 0 between two */

#define MISSING    (x[0] == NONE || x[1] == NONE || x[2] == NONE)
#define SAME_PARTY (PARTY(x[0]) == PARTY(x[1]) || PARTY(x[0]) == PARTY(x[2]) || PARTY(x[1]) == PARTY(x[2]))
#define SAME_PERSON (PERSON(x[0]) == PERSON(x[1]) || PERSON(x[0]) == PERSON(x[2]) || PERSON(x[1]) == PERSON(x[2]))
#define FORM_OK(a)     (FORM(a) == TRUST(PARTY(a)))
#define ENROLLED_OK(a) (FORM(a) == CONTROLLER || ENROLLED(PARTY(a), PERSON(a)))

/* Does a signature exist that makes approval a pass for request r? Form 1 is the
 * controller's word, form 2 the person's own key over the digest of the request. */
#ifdef BROKEN_OWN_NONCE
/* The digest covers, of the three nonces, only that of the approving party's lock. */
#define COVERS(a, r, n) (requests > (n) && ((req[n].approved >> PERSON(a)) & 1) && PARTY(a) == PERSON(a) && \
	req[n].session == req[r].session && req[n].matter == req[r].matter && req[n].quote[PARTY(a)] == req[r].quote[PARTY(a)])
#define SIGNED_BY_KEY(a, r) (IS_STOLEN(PERSON(a)) || COVERS(a, r, 0) || COVERS(a, r, 1))
#else
#define SIGNED_BY_KEY(a, r) OWN(a, r)
#endif
#if CONTROLLER_STOLEN
#define VOUCHED(a, r) 1
#else
#define VOUCHED(a, r) (phase[r] == 2 && shown[r].by[PARTY(a)] == PERSON(a) + 1)
#endif
#define SIGNED(a, r) (FORM(a) == PARTY_KEY -> SIGNED_BY_KEY(a, r) : VOUCHED(a, r))

/* ---- the claims about a request that is granted ---- */

/* An approval counts as its owner's when the person's own key signed this request. Where
 * the trust list takes the controller's word and the controller key is stolen, nothing
 * about the person is claimed: the weaker form, unless CLAIM_THE_WEAKER_FORM_TOO. */
#if CONTROLLER_STOLEN && !defined(CLAIM_THE_WEAKER_FORM_TOO)
#define BY_OWNER(a, r) (TRUST(PARTY(a)) == CONTROLLER || OWN(a, r))
#else
#define BY_OWNER(a, r) OWN(a, r)
#endif

#define AGREED(p, r) (IS_STOLEN(p) || ((req[r].approved >> (p)) & 1))
#define DRAWN(i, last) (!HONEST(i) || (i) == (last) || lock[i].bolt)

inline grant(i, r) {
	own_safe = !req[r].foreign;
	made_for_session = req[r].session == lock[i].session;
	made_for_act = (req[r].list == 0) == (lock[i].list == 0);
	list_is_proposed = req[r].list == 0 || req[r].list == lock[i].list;
	nonce_is_current = lock[i].current && quoted == lock[i].made;
	in_time = lock[i].nonceAge <= LIFE && req[r].age <= LIFE;
	used_once = !((req[r].drew >> (i)) & 1);
	three_of_three = !MISSING && !SAME_PARTY && !SAME_PERSON;
	all_by_owners = BY_OWNER(x[0], r) && BY_OWNER(x[1], r) && BY_OWNER(x[2], r);
	everybody_agreed = AGREED(0, r) && AGREED(1, r) && AGREED(2, r);
#ifdef NEVER_DRAWN
	stays_locked = req[r].list != 0;
	assert(stays_locked);
#endif
#ifdef ONLY_WHEN_OPEN
	if
	:: DRAWN(0, i) && DRAWN(1, i) && DRAWN(2, i) -> assert(everybody_agreed)
	:: else -> skip
	fi;
#else
	assert(three_of_three);
	assert(all_by_owners);
	assert(own_safe);
	assert(made_for_session);
	assert(made_for_act);
	assert(list_is_proposed);
	assert(used_once);
	assert(nonce_is_current);
	assert(in_time);
#endif
	req[r].drew = req[r].drew | (1 << (i));
	if
	:: req[r].list == 0 ->
		lock[i].bolt = 1;
		lock[i].hold = LIFE;
		lock[i].opened = door;
		lock[i].drawnFor = 0
	:: else -> skip             /* the new list is stored: here it names the same persons and forms */
	fi
}

/* ---- SPEC section 6 ---- */

#if defined(BROKEN_KEPT_AFTER_REFUSAL)
#define USED_UP && word == accepted
#elif defined(BROKEN_KEPT_AFTER_OPENING)
#define USED_UP && word != accepted
#else
#define USED_UP
#endif

#define OWN_PARTY(a, i, r) (a != NONE && PARTY(a) == (i) && FORM_OK(a) && ENROLLED_OK(a) && SIGNED(a, r))
#define OWN_PARTY_APPROVED(i, r) (OWN_PARTY(x[0], i, r) || OWN_PARTY(x[1], i, r) || OWN_PARTY(x[2], i, r))

/* Authorise: lock i judges request r with the approvals x. All of it is one step, in which
 * the first of several true guards counts: the guards stand in the order of the SPEC. */
inline Authorise(i, r) {
	word = accepted;
	quoted = req[r].quote[i];
	/* 1 and 2: envelope and encoding are the codec's; a request that does not name this
	 * lock is one that quotes MADE_UP for it and is refused at step 4 at the latest */
	if
	:: !lock[i].outstanding -> word = no_challenge                                 /* 3 */
	:: else ->
		judged_once = true;
		if
		:: NONCE(i, quoted) == NONCE(i, lock[i].made) ->
			judged_once = !lock[i].judged;
			lock[i].judged = 1
		:: else -> skip
		fi;
		if
#ifndef BROKEN_NO_COUNTER
		:: !SAME_COUNT(i, quoted, lock[i].made) -> word = stale_counter            /* 4 */
#endif
#ifndef BROKEN_NO_NONCE
		:: NONCE(i, quoted) != NONCE(i, lock[i].made) -> word = wrong_nonce
#endif
#ifndef BROKEN_NO_SAFE
		:: req[r].foreign -> word = wrong_safe                                     /* 5 */
#endif
#ifndef BROKEN_NO_SESSION
		:: req[r].session != lock[i].session -> word = wrong_session
#endif
#ifndef BROKEN_NO_ACT
		:: (req[r].list == 0) != (lock[i].list == 0) -> word = wrong_act
#endif
#ifndef BROKEN_NO_LIST
		:: req[r].list != 0 && req[r].list != lock[i].list -> word = wrong_list
#endif
#ifndef BROKEN_NO_EXPIRY
		:: lock[i].age > LIFE -> word = expired                                    /* 6 */
#endif
#ifdef BROKEN_OWN_PARTY_ONLY
		:: !OWN_PARTY_APPROVED(i, r) -> word = missing_approval
#else
		:: MISSING -> word = missing_approval                                      /* 7 */
#ifndef BROKEN_NO_PARTY
		:: !MISSING && SAME_PARTY -> word = same_party_twice
#endif
#ifndef BROKEN_NO_PERSON
		:: !MISSING && SAME_PERSON -> word = same_person_twice
#endif
#ifndef BROKEN_NO_FORM
		:: !MISSING && !(FORM_OK(x[0]) && FORM_OK(x[1]) && FORM_OK(x[2])) -> word = wrong_form         /* 8 */
#endif
		:: !MISSING && !(ENROLLED_OK(x[0]) && ENROLLED_OK(x[1]) && ENROLLED_OK(x[2])) -> word = unknown_person
#ifndef BROKEN_NO_SIGNATURE
		:: !MISSING && !(SIGNED(x[0], r) && SIGNED(x[1], r) && SIGNED(x[2], r)) -> word = bad_signature
#endif
#endif
		:: else -> skip
		fi;
		if
		:: word == accepted -> grant(i, r)
		:: else -> skip
		fi;
#ifndef SET_ASIDE_JUDGED_ONCE
		assert(judged_once);
#endif
		/* the SPEC has this at step 3; within one step nothing can tell the difference */
		if
		:: NONCE(i, quoted) == NONCE(i, lock[i].made) USED_UP -> forget(i); untrack(i)
		:: else -> skip
		fi
	fi
}
