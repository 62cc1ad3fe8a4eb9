/* The surroundings that mean well and fail: an honest daemon that opens as
 * custody/threelock/machine.go does, a broker that keeps its order and keeps nothing for a lock
 * that is away, three honest locks, three people who press their keys when asked. Links break,
 * locks lose their power, the daemon is started again: FAULTS times in all. */

#ifndef FAULTS
#define FAULTS 0
#endif
#define TRIES (FAULTS + 1)      /* one more than can be spoilt */

mtype = { challenge_request, authorise, relock, challenge, result, state };
chan cmd[LOCKS] = [4] of { mtype, byte };                   /* kind, session */
chan evt[LOCKS] = [8] of { mtype, byte, byte, bit, bit };   /* kind, session, value, bolt, door */

bit  up[LOCKS];                 /* connected */
byte kept[LOCKS];               /* the session of the Authorise that the broker retains; 0: none */
#ifdef RETAINING                /* somebody's client publishes every Authorise again with the retain flag */
#define KEEP(i) kept[i] = session
#else
#define KEEP(i) skip
#endif
byte calledOff[LOCKS];          /* the last session of which nothing may reach this lock any more */
byte faults;
hidden byte not_called_off;

/* What the daemon knows. */
mtype = { idle, challenging, unlocking, unlocked, open, shutting };
mtype phase = idle;
byte session;
bit  answered[LOCKS], saidBolt[LOCKS], saidDoor[LOCKS];
bit  succeeded;                 /* three bolts have been drawn at once: the people need not try again */
bit  due;                       /* a deadline has passed */
bit  recorded, alerted;         /* the door's opening is in the record; SAF-4 was raised */
bit  opened, declined;          /* what the people did */
bit  restarted;
hidden byte bolts_were;

/* Deadlines are long, and hands slow, beside the time that a message takes: time passes, the door
 * moves and people begin again only when every message that can arrive has arrived. */
#define STILL(i) (!up[i] || (empty(cmd[i]) && empty(evt[i])))
#define ALL_STILL (STILL(0) && STILL(1) && STILL(2))

#define THREE(a)     (a[0] && a[1] && a[2])
#define NO_BOLT      (!lock[0].bolt && !lock[1].bolt && !lock[2].bolt)
#define THREE_BOLTS  (lock[0].bolt && lock[1].bolt && lock[2].bolt)

/* ---- a lock and its connection ---- */

inline report(i) { evt[i]!state(0, 0, lock[i].bolt, door) }

inline judge(i, n) {
	d_step {
		x[0] = APPROVAL(PARTY_KEY, 0, 0); x[1] = APPROVAL(PARTY_KEY, 1, 1); x[2] = APPROVAL(PARTY_KEY, 2, 2);
		Authorise(i, n - 1);
		x[0] = NONE; x[1] = NONE; x[2] = NONE;
		not_called_off = word != accepted || n > calledOff[i];
		yes = word == accepted;
		if
		:: THREE_BOLTS -> succeeded = 1
		:: else -> skip
		fi;
		assert(not_called_off)
	}
	evt[i]!result(n, yes, 0, 0);
	if
	:: yes -> report(i)
	:: else -> skip
	fi;
	yes = 0
}

proctype Device(byte i) {
	mtype kind;
	byte n;
	bit yes;
	do
	:: atomic { up[i] && nempty(cmd[i]) ->
		cmd[i]?kind, n;
		if
		:: kind == challenge_request ->
			d_step { ChallengeRequest(i, n, 0) }
			evt[i]!challenge(n, lock[i].made, 0, 0)
		:: kind == authorise -> judge(i, n)
		:: kind == relock ->
			d_step { Relock(i); calledOff[i] = n }
			report(i)
		fi;
		kind = 0;
		n = 0
		}
	:: atomic { !up[i] ->
		up[i] = 1;
		report(i);
#ifdef BROKEN_RETAINED
		if
		:: kept[i] -> n = kept[i]; judge(i, n); n = 0
		:: else -> skip         /* a command with the retain flag is ignored */
		fi
#endif
		}
	od
}

/* ---- the daemon ---- */

inline tell(i, k) {
	if
	:: up[i] -> cmd[i]!k(session)
	:: else -> skip
	fi;
	if
	:: k == authorise -> KEEP(i)
	:: k == relock && !up[i] -> calledOff[i] = session
	:: else -> skip
	fi
}
inline tell_all(k) { tell(0, k); tell(1, k); tell(2, k) }

inline finish() {
	phase = idle;
	answered[0] = 0; answered[1] = 0; answered[2] = 0;
	tell_all(relock)
}

#define SAID_DRAWN  (saidBolt[0] + saidBolt[1] + saidBolt[2])
#define SAID_OPEN   (saidDoor[0] || saidDoor[1] || saidDoor[2])

inline bolts() {
	if
	:: phase == unlocking && SAID_DRAWN == 3 && THREE(answered) -> phase = unlocked; answered[0] = 0; answered[1] = 0; answered[2] = 0
	:: phase == unlocked && SAID_DRAWN == 0 -> phase = idle
	:: phase == shutting && SAID_DRAWN == 0 -> phase = idle
	:: else -> skip
	fi
}

inline news() {
	bolts();
	if
#ifndef BROKEN_DOOR_BEFORE_BOLTS
	:: SAID_OPEN && phase == unlocking -> phase = open; recorded = 1    /* a door that is open has three bolts drawn */
#endif
	:: SAID_OPEN && (phase == unlocked || phase == shutting) -> phase = open; recorded = 1
	:: !SAID_OPEN && phase == open -> phase = shutting
	:: else -> skip
	fi;
	bolts();
	if
	:: phase == idle && SAID_OPEN -> alerted = 1
	:: else -> skip
	fi
}

#define ASKED (req[session - 1].quote[0] && req[session - 1].quote[1] && req[session - 1].quote[2])

inline take(i) {
	evt[i]?kind, n, value, b, d;
	if
	:: kind == challenge && phase == challenging && n == session && req[session - 1].quote[i] == 0 ->
		req[session - 1].quote[i] = value;
		if
		:: ASKED ->
			req[session - 1].session = session;
			req[session - 1].approved = 7;  /* three keys pressed, or the controller's word for them */
			phase = unlocking;
			tell_all(authorise)
		:: else -> skip
		fi
	:: kind == result && phase == unlocking && n == session && !answered[i] ->
		if
		:: value -> answered[i] = 1
		:: else -> finish()
		fi;
		news()
	:: kind == state -> saidBolt[i] = b; saidDoor[i] = d; news()
	:: else -> skip
	fi;
	kind = 0; n = 0; value = 0; b = 0; d = 0
}

#define ALL_UP (up[0] && up[1] && up[2])

proctype Daemon() {
	mtype kind;
	byte n, value;
	bit b, d;
	do
	:: atomic { up[0] && nempty(evt[0]) -> take(0) }
	:: atomic { up[1] && nempty(evt[1]) -> take(1) }
	:: atomic { up[2] && nempty(evt[2]) -> take(2) }
	:: atomic { phase == idle && ALL_UP && ALL_STILL && session < TRIES && !succeeded ->
		session++;
		due = 0;
		phase = challenging;
		tell_all(challenge_request)
		}
	:: atomic { due ->
		due = 0;
		if
		:: phase == challenging || phase == unlocking || phase == unlocked -> finish(); news()
		:: else -> skip
		fi
		}
	:: atomic { restarted ->                            /* what had not reached the open door ends */
		restarted = 0;
		if
		:: phase == challenging || phase == unlocking || phase == unlocked -> finish(); news()
		:: else -> skip
		fi
		}
	od
}

/* ---- people, faults, time ---- */

inline report_all() { report(0); report(1); report(2) }

proctype People() {
	do
	:: atomic { ALL_STILL && THREE_BOLTS && !door && !opened && !declined ->
		d_step { door = 1; opened = 1; DoorOpens(0); DoorOpens(1); DoorOpens(2) }
		report_all()
		}
	:: atomic { ALL_STILL && door ->
		d_step { door = 0; DoorShuts(0); DoorShuts(1); DoorShuts(2) }
		report_all()
		}
	:: THREE_BOLTS && !opened -> declined = 1       /* nobody pulls: the locks must shut by themselves */
	od
}

inline drop(i) {
	up[i] = 0;
	do
	:: nempty(cmd[i]) -> cmd[i]?kind, n             /* clean session: nothing is kept for a lock that is away */
	:: empty(cmd[i]) -> break
	od;
	if
	:: phase == idle -> calledOff[i] = session
	:: else -> skip
	fi
}

inline lose_power(i) {
	drop(i);
	do
	:: nempty(evt[i]) -> evt[i]?kind, n, value, b, d
	:: empty(evt[i]) -> break
	od;
	d_step { PowerCut(i); kind = 0; n = 0; value = 0; b = 0; d = 0 }
}

#define MAY_FAIL (faults < FAULTS && session > 0)

proctype Faults() {
	mtype kind;
	byte n, value;
	bit b, d;
	do
	:: atomic { MAY_FAIL && up[0] -> faults++; drop(0); kind = 0; n = 0 }
	:: atomic { MAY_FAIL && up[1] -> faults++; drop(1); kind = 0; n = 0 }
	:: atomic { MAY_FAIL && up[2] -> faults++; drop(2); kind = 0; n = 0 }
	:: atomic { MAY_FAIL -> faults++; lose_power(0) }
	:: atomic { MAY_FAIL -> faults++; lose_power(1) }
	:: atomic { MAY_FAIL -> faults++; lose_power(2) }
	:: atomic { MAY_FAIL -> faults++; restarted = 1 }
	od
}

proctype Clock() {
	do
	:: atomic { ALL_STILL && !due ->
		d_step {
			bolts_were = lock[0].bolt + 2 * lock[1].bolt + 4 * lock[2].bolt;
			Tick(0); Tick(1); Tick(2);
			due = phase == challenging || phase == unlocking || phase == unlocked
		}
		if
		:: bolts_were != lock[0].bolt + 2 * lock[1].bolt + 4 * lock[2].bolt -> report_all()
		:: else -> skip
		fi
		}
	od
}

init {
	atomic {
		up[0] = 1; up[1] = 1; up[2] = 1;
		run Device(0);
		run Device(1);
		run Device(2);
		run Daemon();
		run People();
		run Faults();
		run Clock()
	}
}

ltl opens     { <> THREE_BOLTS }
ltl returns   { [] <> (NO_BOLT && !door) }
ltl accounted { [] (door -> <> (recorded || alerted)) }
