// SPDX-License-Identifier: GPL-2.0
		case LSM_ID_IPE:
			name = "ipe";
			break;
		default:
			name = "INVALID";
			break;
